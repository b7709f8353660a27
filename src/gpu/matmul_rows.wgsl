// For few rows, where reading the weights is what takes time: a workgroup makes ROWS rows and 8 columns, and 8 invocations
// share a column, each with every eighth block along k. matmul.rs writes out what is marked with @.

const SLICES = 8u;

var<workgroup> parts: array<f32, 64u * ROWS>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let m = info[0];
    let slice = invocation % SLICES;
    let column = group.x * 8u + invocation / SLICES;
    let row = group.y * ROWS;
    // Rows and columns past the end repeat the last one and are not stored: barriers must be reached by all.
    @starts
    for (var block = slice; block < N_BLOCKS; block += SLICES) {
        @clear
        let end = min((block + 1u) * BLOCK_STEPS, N_STEPS);
        for (var step = block * BLOCK_STEPS; step < end; step++) {
            @multiply
        }
        @scale
    }
    @store
    workgroupBarrier();
    for (var i = invocation; i < 8u * ROWS; i += 64u) {
        let r = i / 8u;
        let n = group.x * 8u + i % 8u;
        var sum = 0.0;
        for (var part = 0u; part < SLICES; part++) {
            sum += parts[r * 64u + i % 8u * SLICES + part];
        }
        if (row + r < m && n < N) {
            y[(row + r) * N + n] = sum + bias[n];
        }
    }
}
