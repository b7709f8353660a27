// A workgroup makes 8 * ROWS rows and 8 * COLUMNS columns, block by block along k: each block of both matrices is brought
// to workgroup memory once, and an invocation multiplies ROWS rows with COLUMNS columns of it, all 8 apart, so that
// neighbours read neighbours. matmul.rs writes out what is marked with @.

const TILE_ROWS = 8u * ROWS;
const TILE_COLUMNS = 8u * COLUMNS;

var<workgroup> tile_x: array<Activations, BLOCK_STEPS * TILE_ROWS>; // [step, row]
var<workgroup> tile_w: array<Weights, BLOCK_STEPS * TILE_COLUMNS>; // [step, column]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) invocation: u32) {
    let m = info[0];
    let column = group.x * TILE_COLUMNS + invocation % 8u;
    let row = group.y * TILE_ROWS + invocation / 8u;
    // Rows and columns past the end repeat the last one and are not stored: barriers must be reached by all.
    @starts
    for (var block = 0u; block < N_BLOCKS; block++) {
        workgroupBarrier();
        let local = invocation % BLOCK_STEPS;
        let step = block * BLOCK_STEPS + local;
        for (var i = invocation / BLOCK_STEPS; i < TILE_ROWS; i += 64u / BLOCK_STEPS) {
            var value = Activations();
            if (step < N_STEPS) {
                value = activations(min(group.y * TILE_ROWS + i, m - 1u) * N_STEPS, step);
            }
            tile_x[local * TILE_ROWS + i] = value;
        }
        for (var i = invocation / BLOCK_STEPS; i < TILE_COLUMNS; i += 64u / BLOCK_STEPS) {
            var value = Weights();
            if (step < N_STEPS) {
                value = weights(min(group.x * TILE_COLUMNS + i, N - 1u) * N_WORDS, step);
            }
            tile_w[local * TILE_COLUMNS + i] = value;
        }
        workgroupBarrier();
        @clear
        for (var step = 0u; step < BLOCK_STEPS; step++) {
            @multiply
        }
        @scale
    }
    @store
}
