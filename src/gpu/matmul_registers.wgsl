// An invocation makes a tile of ROWS rows and COLUMNS columns in registers; no workgroup memory, no barriers, which a GPU
// in software pays dearly for. matmul.rs writes out what is marked with @: loops over a tile are unrolled there, since not
// every driver keeps indexed arrays in registers.

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let m = info[0];
    let column = (group.x * 8u + invocation % 8u) * COLUMNS;
    let row = (group.y * 8u + invocation / 8u) * ROWS;
    if (column >= N || row >= m) {
        return;
    }
    // Rows and columns past the end repeat the last one and are not stored.
    @starts
    for (var block = 0u; block < N_BLOCKS; block++) {
        @clear
        let end = min((block + 1u) * BLOCK_STEPS, N_STEPS);
        for (var step = block * BLOCK_STEPS; step < end; step++) {
            @multiply
        }
        @scale
    }
    @store
}
