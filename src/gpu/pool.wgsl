// The mean over a range of rows. One invocation for each range and column.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> info: array<u32>; // ranges, then first row and number of rows of each
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const D = {{ d }}u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) place: vec3<u32>) {
    let column = place.x;
    let range = place.y;
    if (column >= D || range >= info[0]) {
        return;
    }
    let first = info[1u + 2u * range];
    let n_rows = info[2u + 2u * range];
    var sum = 0.0;
    for (var row = first; row < first + n_rows; row++) {
        sum += x[row * D + column];
    }
    y[range * D + column] = sum / f32(n_rows);
}
