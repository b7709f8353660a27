//! Weight files: named tensors, dense or quantized, in files that a static host accepts.
//!
//! Payload of a [`Kind::Weights`] file:
//!
//! | type | meaning |
//! |---|---|
//! | u32 | bytes of the JSON that follows |
//! | JSON | `[{"name": .., "dtype": "f32" \| "q8" \| "q4", "shape": [..], "rows": ..}, ..]` |
//! | | the tensors in that order, without gaps: f32 values, or quants and scales as in [`crate::matrix`] |
//!
//! A matrix that is too large for a file is cut by rows into parts of the same name, in the order of the files; their
//! entries say with `rows` how many the whole has. Tensors go to the device as soon as they are whole, so no more than one file
//! of a model is ever in memory beside what the model keeps.

use std::collections::BTreeMap;

use half::f16;
use serde::{Deserialize, Serialize};

use crate::{
    device::Device,
    error::{Error, Result},
    format::{self, Kind, Reader},
    matrix::{BLOCK, Bits, Matrix, Quantized},
    nn::{
        embedding::Embedding,
        linear::{Linear, Weight},
        norm::{LayerNorm, RmsNorm},
    },
};

/// A tensor of a model: matrices are dense or quantized, vectors are always f32.
#[derive(Clone, Debug)]
pub enum WeightTensor {
    /// `[d]`
    Vector(Vec<f32>),
    /// `[n, k]`
    Matrix(Matrix),
}

impl WeightTensor {
    fn shape(&self) -> Vec<usize> {
        match self {
            WeightTensor::Vector(values) => vec![values.len()],
            WeightTensor::Matrix(matrix) => matrix.shape().to_vec(),
        }
    }

    fn dtype(&self) -> DType {
        match self {
            WeightTensor::Matrix(Matrix::Quantized(matrix)) => DType::Quantized(matrix.bits),
            _ => DType::F32,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut floats = |values: &[f32]| out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        match self {
            WeightTensor::Vector(values) => floats(values),
            WeightTensor::Matrix(Matrix::Dense { weights, .. }) => floats(weights),
            WeightTensor::Matrix(Matrix::Quantized(matrix)) => {
                out.extend_from_slice(&matrix.quants);
                out.extend(matrix.scales.iter().flat_map(|scale| scale.to_le_bytes()));
            }
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum DType {
    #[serde(rename = "f32")]
    F32,
    #[serde(untagged)]
    Quantized(Bits),
}

#[derive(Serialize, Deserialize)]
struct TensorEntry {
    name: String,
    dtype: DType,
    shape: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<usize>,
}

/// Room for the header and the entries of a file, in bytes; no model comes near it.
const ENTRIES_MAX_BYTES: usize = 64 << 10;

/// Packs tensors, one by one, into files of at most a given size; matrices that are too large for one are cut by rows.
pub struct WeightWriter {
    room: usize,
    entries: Vec<TensorEntry>,
    body: Vec<u8>,
}

impl WeightWriter {
    /// Starts with nothing.
    pub fn new(max_bytes: usize) -> WeightWriter {
        WeightWriter { room: max_bytes.saturating_sub(ENTRIES_MAX_BYTES), entries: Vec::new(), body: Vec::new() }
    }

    /// Adds a tensor and returns the files that are full.
    pub fn add(&mut self, name: &str, tensor: WeightTensor) -> Vec<Vec<u8>> {
        let mut files = Vec::new();
        let n_rows = tensor.shape()[0];
        for part in self.parts(tensor) {
            let mut bytes = Vec::new();
            part.write(&mut bytes);
            if !self.body.is_empty() && self.body.len() + bytes.len() > self.room {
                files.extend(self.finish());
            }
            let shape = part.shape();
            let rows = (shape[0] < n_rows).then_some(n_rows);
            self.entries.push(TensorEntry { name: name.to_owned(), dtype: part.dtype(), shape, rows });
            self.body.append(&mut bytes);
        }
        files
    }

    /// The last file, if anything is in it.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        if self.entries.is_empty() {
            return None;
        }
        let json = serde_json::to_vec(&std::mem::take(&mut self.entries)).expect("entries serialise");
        let mut payload = (json.len() as u32).to_le_bytes().to_vec();
        payload.extend(json);
        payload.append(&mut self.body);
        Some(format::seal(Kind::Weights, &payload))
    }

    /// The tensor itself, or its rows in parts that fit a file.
    fn parts(&self, tensor: WeightTensor) -> Box<dyn Iterator<Item = WeightTensor>> {
        let WeightTensor::Matrix(matrix) = tensor else { return Box::new(std::iter::once(tensor)) };
        let [n, k] = matrix.shape();
        let row_bytes = match &matrix {
            Matrix::Dense { .. } => 4 * k,
            Matrix::Quantized(matrix) => matrix.bits.row_bytes(k) + 2 * matrix.n_blocks(),
        };
        let n_rows = (self.room / row_bytes).max(1);
        if n_rows >= n {
            return Box::new(std::iter::once(WeightTensor::Matrix(matrix)));
        }
        let part = move |first| WeightTensor::Matrix(matrix.rows(first, n.min(first + n_rows)));
        Box::new((0..n).step_by(n_rows).map(part))
    }
}

/// A tensor where the model will use it.
enum Placed {
    Vector(Vec<f32>),
    /// A table stays on the CPU.
    Table(Matrix),
    Weight(Weight),
}

impl Placed {
    fn shape(&self) -> Vec<usize> {
        match self {
            Placed::Vector(values) => vec![values.len()],
            Placed::Table(matrix) => matrix.shape().to_vec(),
            Placed::Weight(weight) => weight.shape().to_vec(),
        }
    }
}

/// The tensors of a model while it is put together: each is taken once, and [`Weights::finish`] tells what did not fit.
pub struct Weights {
    device: Device,
    is_table: fn(&str) -> bool,
    placed: BTreeMap<String, Placed>,
    /// A matrix of which rows are still to come.
    partial: Option<(String, Matrix)>,
    problems: Vec<String>,
}

impl Weights {
    /// Starts with nothing; `is_table` tells the matrices that are looked up by row.
    pub fn new(device: &Device, is_table: fn(&str) -> bool) -> Weights {
        Weights { device: device.clone(), is_table, placed: BTreeMap::new(), partial: None, problems: Vec::new() }
    }

    /// The device that the tensors go to.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Adds the tensors of one file.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`Error::Malformed`].
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let payload = format::open(Kind::Weights, file, bytes)?;
        let mut reader = Reader::new(file, &payload);
        let json_bytes = reader.u32()? as usize;
        let entries: Vec<TensorEntry> =
            serde_json::from_slice(reader.bytes(json_bytes)?).map_err(|error| Error::malformed(file, error))?;
        for TensorEntry { name, dtype, shape, rows } in entries {
            match (dtype, shape.as_slice()) {
                (_, shape) if shape.contains(&0) => {
                    return Err(Error::malformed(file, format!("tensor {name} has shape {shape:?}")));
                }
                (DType::F32, &[d]) => self.place(file, name, Placed::Vector(reader.f32s(d)?))?,
                (DType::F32, &[n, k]) => {
                    let weights = reader.f32s(n.saturating_mul(k))?;
                    self.add_rows(file, name, Matrix::Dense { n, k, weights }, rows.unwrap_or(n))?;
                }
                (DType::Quantized(bits), &[n, k]) => {
                    let quants = reader.bytes(n.saturating_mul(bits.row_bytes(k)))?.to_vec();
                    let scales = reader.bytes(n.saturating_mul(k.div_ceil(BLOCK)).saturating_mul(2))?;
                    let scales = scales.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]])).collect();
                    let matrix = Matrix::Quantized(Quantized { bits, n, k, quants, scales });
                    self.add_rows(file, name, matrix, rows.unwrap_or(n))?;
                }
                _ => return Err(Error::malformed(file, format!("tensor {name} has shape {shape:?}"))),
            }
        }
        match reader.rest() {
            [] => Ok(()),
            rest => Err(Error::malformed(file, format!("{} bytes follow its last tensor", rest.len()))),
        }
    }

    /// Adds a matrix of `n_rows`, or some of its rows.
    fn add_rows(&mut self, file: &str, name: String, rows: Matrix, n_rows: usize) -> Result<()> {
        let matrix = match self.partial.take() {
            None => {
                let mut matrix = rows;
                matrix.reserve(n_rows);
                matrix
            }
            Some((partial, mut matrix)) => match partial == name && matrix.append(rows) {
                true => matrix,
                false => return Err(Error::malformed(file, format!("rows of tensor {partial} are missing"))),
            },
        };
        if matrix.shape()[0] < n_rows {
            self.partial = Some((name, matrix));
            return Ok(());
        }
        let placed = match (self.is_table)(&name) {
            true => Placed::Table(matrix),
            false => Placed::Weight(Weight::new(matrix, &self.device)),
        };
        self.place(file, name, placed)
    }

    fn place(&mut self, file: &str, name: String, placed: Placed) -> Result<()> {
        match self.placed.insert(name.clone(), placed) {
            None => Ok(()),
            Some(_) => Err(Error::malformed(file, format!("tensor {name} is there twice"))),
        }
    }

    /// A linear layer `[n, k]` from `{name}.weight` and `{name}.bias`.
    pub fn linear(&mut self, name: &str, shape: [usize; 2]) -> Linear {
        let bias = self.vector(&format!("{name}.bias"), shape[0]);
        let weight = self.weight(&format!("{name}.weight"), shape);
        Linear::new(weight, Some(bias))
    }

    /// A linear layer `[n, k]` without bias, from `{name}.weight`.
    pub fn linear_without_bias(&mut self, name: &str, shape: [usize; 2]) -> Linear {
        Linear::new(self.weight(&format!("{name}.weight"), shape), None)
    }

    /// A table `[v, d]` from `{name}.weight`.
    pub fn embedding(&mut self, name: &str, shape: [usize; 2]) -> Embedding {
        match self.take(&format!("{name}.weight"), &shape) {
            Some(Placed::Table(matrix)) => Embedding::new(matrix),
            _ => Embedding::new(stand_in()),
        }
    }

    /// A layer norm `[d]` from `{name}.weight` and `{name}.bias`.
    pub fn layer_norm(&mut self, name: &str, d: usize, eps: f32) -> LayerNorm {
        let weight = self.vector(&format!("{name}.weight"), d);
        let bias = self.vector(&format!("{name}.bias"), d);
        LayerNorm::new(weight, bias, eps, &self.device)
    }

    /// A norm `[d]` by the root mean square, from `{name}.weight`.
    pub fn rms_norm(&mut self, name: &str, d: usize, eps: f32) -> RmsNorm {
        RmsNorm::new(self.vector(&format!("{name}.weight"), d), eps, &self.device)
    }

    /// Ends the loading.
    ///
    /// # Errors
    /// [`Error::Weights`] with every missing, unused or wrong-shaped tensor.
    pub fn finish(mut self, model: &str) -> Result<()> {
        self.problems.extend(self.placed.keys().map(|name| format!("{name} is not used")));
        self.problems.extend(self.partial.iter().map(|(name, _)| format!("rows of {name} are missing")));
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(Error::Weights { model: model.to_owned(), problems: self.problems }),
        }
    }

    /// Takes a tensor of the given shape; a problem is noted and a stand-in returned, which `finish` will discard.
    fn weight(&mut self, name: &str, shape: [usize; 2]) -> Weight {
        match self.take(name, &shape) {
            Some(Placed::Weight(weight)) => weight,
            _ => Weight::new(stand_in(), &Device::cpu()),
        }
    }

    fn vector(&mut self, name: &str, d: usize) -> Vec<f32> {
        match self.take(name, &[d]) {
            Some(Placed::Vector(values)) => values,
            _ => vec![0.0; d],
        }
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Option<Placed> {
        match self.placed.remove(name) {
            None => self.problems.push(format!("{name} is missing")),
            Some(tensor) if tensor.shape() != shape => {
                self.problems.push(format!("{name} has shape {:?} where {shape:?} is needed", tensor.shape()));
            }
            Some(tensor) => return Some(tensor),
        }
        None
    }
}

fn stand_in() -> Matrix {
    Matrix::Dense { n: 1, k: 8, weights: vec![0.0; 8] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Vec<(&'static str, WeightTensor)> {
        let values: Vec<f32> = (0..12 * 70).map(|i| i as f32 / 100.0).collect();
        let quantized = |bits| WeightTensor::Matrix(Matrix::Quantized(Quantized::new(bits, &values, 12, 70)));
        vec![
            ("a.weight", quantized(Bits::Eight)),
            ("a.bias", WeightTensor::Vector(vec![1.0; 12])),
            ("b.weight", quantized(Bits::Four)),
            ("c.weight", WeightTensor::Matrix(Matrix::Dense { n: 12, k: 70, weights: values.clone() })),
        ]
    }

    fn files(max_bytes: usize) -> Vec<Vec<u8>> {
        let mut writer = WeightWriter::new(max_bytes);
        let mut files: Vec<Vec<u8>> =
            tensors().into_iter().flat_map(|(name, tensor)| writer.add(name, tensor)).collect();
        files.extend(writer.finish());
        files
    }

    #[test]
    fn tensors_come_back_from_one_file_or_many() {
        for (max_bytes, n_files) in [(1 << 20, 1), (ENTRIES_MAX_BYTES + 1000, 6)] {
            let files = files(max_bytes);
            assert_eq!(files.len(), n_files);
            let mut weights = Weights::new(&Device::cpu(), |_| true);
            for file in &files {
                weights.add_file("w", file).unwrap();
            }
            for (name, tensor) in tensors() {
                let got = match weights.take(name, &tensor.shape()).unwrap() {
                    Placed::Vector(values) => WeightTensor::Vector(values),
                    Placed::Table(matrix) => WeightTensor::Matrix(matrix),
                    Placed::Weight(_) => panic!("{name} is no table"),
                };
                let mut bytes = [Vec::new(), Vec::new()];
                tensor.write(&mut bytes[0]);
                got.write(&mut bytes[1]);
                assert_eq!(bytes[0], bytes[1], "{name}");
            }
            weights.finish("m").unwrap();
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut weights = Weights::new(&Device::cpu(), |_| false);
        weights.add_file("w", &files(1 << 20)[0]).unwrap();
        weights.linear("a", [12, 71]);
        weights.linear("d", [1, 1]);
        let message = weights.finish("m").unwrap_err().to_string();
        for part in ["a.weight has shape [12, 70]", "d.weight is missing", "d.bias is missing", "b.weight is not used"]
        {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_missing_part_is_told() {
        let files = files(ENTRIES_MAX_BYTES + 1000);
        let mut weights = Weights::new(&Device::cpu(), |_| false);
        weights.add_file("w", &files[2]).unwrap();
        let told = weights.add_file("w", &files[5]).err().map(|error| error.to_string());
        let told = told.unwrap_or_else(|| weights.finish("m").unwrap_err().to_string());
        assert!(told.contains("missing"), "{told}");
    }
}
