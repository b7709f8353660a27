//! Weight files: named tensors, dense or quantized, in files that a static host accepts.
//!
//! Payload of a [`Kind::Weights`] file:
//!
//! | type | meaning |
//! |---|---|
//! | u32 | bytes of the JSON that follows |
//! | JSON | `[{"name": .., "dtype": "f32" \| "q8", "shape": [..]}, ..]` |
//! | | the tensors in that order, without gaps: f32 values, or quants and scales as in [`crate::nn::quant`] |
//!
//! A matrix that is too large for a file is cut by rows into parts of the same name, in the order of the files.
//!
//! `q4` is reserved: two quants in a byte, with the same blocks.

use std::collections::BTreeMap;

use half::f16;
use serde::{Deserialize, Serialize};

use crate::{
    device::Device,
    error::{Error, Result},
    format::{self, Kind, Reader},
    nn::{
        embedding::Embedding,
        linear::{Linear, Matrix},
        norm::LayerNorm,
        quant::{BLOCK, Q8},
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
            WeightTensor::Matrix(Matrix::Q8(_)) => DType::Q8,
            _ => DType::F32,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut floats = |values: &[f32]| out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        match self {
            WeightTensor::Vector(values) => floats(values),
            WeightTensor::Matrix(Matrix::Dense { weights, .. }) => floats(weights),
            WeightTensor::Matrix(Matrix::Q8(matrix)) => {
                out.extend(matrix.quants.iter().map(|&quant| quant as u8));
                out.extend(matrix.scales.iter().flat_map(|scale| f16::from_f32(*scale).to_le_bytes()));
            }
        }
    }
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DType {
    F32,
    Q8,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    dtype: DType,
    shape: Vec<usize>,
}

/// Room for the header and the entries of a file, in bytes; no model comes near it.
const ENTRIES_MAX_BYTES: usize = 64 << 10;

/// Packs tensors, in order, into files of at most `max_bytes`; matrices that are too large for one are cut by rows.
pub fn write_files(tensors: Vec<(String, WeightTensor)>, max_bytes: usize) -> Vec<Vec<u8>> {
    let room = max_bytes.saturating_sub(ENTRIES_MAX_BYTES);
    let mut files = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut body = Vec::new();
    for (name, part) in
        tensors.into_iter().flat_map(|(name, tensor)| parts(tensor, room).map(move |part| (name.clone(), part)))
    {
        let mut bytes = Vec::new();
        part.write(&mut bytes);
        if !body.is_empty() && body.len() + bytes.len() > room {
            files.push(write_file(&entries, &body));
            entries.clear();
            body.clear();
        }
        entries.push(Entry { name, dtype: part.dtype(), shape: part.shape() });
        body.append(&mut bytes);
    }
    files.push(write_file(&entries, &body));
    files
}

fn write_file(entries: &[Entry], body: &[u8]) -> Vec<u8> {
    let json = serde_json::to_vec(entries).expect("entries serialise");
    let mut payload = (json.len() as u32).to_le_bytes().to_vec();
    payload.extend(json);
    payload.extend_from_slice(body);
    format::seal(Kind::Weights, &payload)
}

/// The tensor itself, or its rows in parts of at most `room` bytes.
fn parts(tensor: WeightTensor, room: usize) -> Box<dyn Iterator<Item = WeightTensor>> {
    let WeightTensor::Matrix(matrix) = tensor else { return Box::new(std::iter::once(tensor)) };
    let [n, k] = matrix.shape();
    let row_bytes = match &matrix {
        Matrix::Dense { .. } => 4 * k,
        Matrix::Q8(matrix) => k + 2 * matrix.n_blocks(),
    };
    let n_rows = (room / row_bytes).max(1);
    Box::new((0..n).step_by(n_rows).map(move |first| WeightTensor::Matrix(matrix.rows(first, n.min(first + n_rows)))))
}

/// The tensors of a model while it is put together: each is taken once, and [`Weights::finish`] tells what did not fit.
#[derive(Default)]
pub struct Weights {
    tensors: BTreeMap<String, WeightTensor>,
    problems: Vec<String>,
}

impl Weights {
    /// Adds the tensors of one file.
    ///
    /// # Errors
    /// Those of [`format::open`], and [`Error::Malformed`].
    pub fn add_file(&mut self, file: &str, bytes: &[u8]) -> Result<()> {
        let payload = format::open(Kind::Weights, file, bytes)?;
        let mut reader = Reader::new(file, &payload);
        let json_bytes = reader.u32()? as usize;
        let entries: Vec<Entry> =
            serde_json::from_slice(reader.bytes(json_bytes)?).map_err(|error| Error::malformed(file, error))?;
        for Entry { name, dtype, shape } in entries {
            let tensor = match (dtype, shape.as_slice()) {
                (DType::F32, &[d]) => WeightTensor::Vector(reader.f32s(d)?),
                (DType::F32, &[n, k]) => {
                    WeightTensor::Matrix(Matrix::Dense { n, k, weights: reader.f32s(n.saturating_mul(k))? })
                }
                (DType::Q8, &[n, k]) => {
                    let quants = reader.i8s(n.saturating_mul(k))?;
                    let scales = reader.f16s(n.saturating_mul(k.div_ceil(BLOCK)))?;
                    WeightTensor::Matrix(Matrix::Q8(Q8 { n, k, quants, scales }))
                }
                _ => return Err(Error::malformed(file, format!("tensor {name} has shape {shape:?}"))),
            };
            self.insert(file, name, tensor)?;
        }
        match reader.rest() {
            [] => Ok(()),
            rest => Err(Error::malformed(file, format!("{} bytes follow its last tensor", rest.len()))),
        }
    }

    fn insert(&mut self, file: &str, name: String, tensor: WeightTensor) -> Result<()> {
        let repeated = Error::malformed(file, format!("tensor {name} is there twice"));
        match (self.tensors.get_mut(&name), tensor) {
            (None, tensor) => {
                self.tensors.insert(name, tensor);
                Ok(())
            }
            (Some(WeightTensor::Matrix(matrix)), WeightTensor::Matrix(rows)) => {
                if matrix.append(rows) {
                    Ok(())
                } else {
                    Err(repeated)
                }
            }
            _ => Err(repeated),
        }
    }

    /// A linear layer `[n, k]` from `{name}.weight` and `{name}.bias`.
    pub fn linear(&mut self, name: &str, [n, k]: [usize; 2], device: &Device) -> Linear {
        let weight = self.matrix(&format!("{name}.weight"), [n, k]);
        let bias = self.vector(&format!("{name}.bias"), n);
        Linear::new(weight, Some(bias), device)
    }

    /// A table `[v, d]` from `{name}.weight`.
    pub fn embedding(&mut self, name: &str, shape: [usize; 2]) -> Embedding {
        Embedding::new(self.matrix(&format!("{name}.weight"), shape))
    }

    /// A layer norm `[d]` from `{name}.weight` and `{name}.bias`.
    pub fn layer_norm(&mut self, name: &str, d: usize, eps: f32, device: &Device) -> LayerNorm {
        let weight = self.vector(&format!("{name}.weight"), d);
        let bias = self.vector(&format!("{name}.bias"), d);
        LayerNorm::new(weight, bias, eps, device)
    }

    /// Ends the loading.
    ///
    /// # Errors
    /// [`Error::Weights`] with every missing, unused or wrong-shaped tensor.
    pub fn finish(mut self, model: &str) -> Result<()> {
        self.problems.extend(self.tensors.keys().map(|name| format!("{name} is not used")));
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(Error::Weights { model: model.to_owned(), problems: self.problems }),
        }
    }

    /// Takes a tensor of the given shape; a problem is noted and a stand-in returned, which `finish` will discard.
    fn matrix(&mut self, name: &str, [n, k]: [usize; 2]) -> Matrix {
        match self.take(name, &[n, k]) {
            Some(WeightTensor::Matrix(matrix)) => matrix,
            _ => Matrix::Dense { n: 1, k: 1, weights: vec![0.0] },
        }
    }

    fn vector(&mut self, name: &str, d: usize) -> Vec<f32> {
        match self.take(name, &[d]) {
            Some(WeightTensor::Vector(values)) => values,
            _ => vec![0.0],
        }
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Option<WeightTensor> {
        match self.tensors.remove(name) {
            None => self.problems.push(format!("{name} is missing")),
            Some(tensor) if tensor.shape() != shape => {
                self.problems.push(format!("{name} has shape {:?} where {shape:?} is needed", tensor.shape()));
            }
            Some(tensor) => return Some(tensor),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensors() -> Vec<(String, WeightTensor)> {
        let values: Vec<f32> = (0..12 * 70).map(|i| i as f32 / 100.0).collect();
        vec![
            ("a.weight".to_owned(), WeightTensor::Matrix(Matrix::Q8(Q8::quantize(&values, 12, 70)))),
            ("a.bias".to_owned(), WeightTensor::Vector(vec![1.0; 12])),
            ("b.weight".to_owned(), WeightTensor::Matrix(Matrix::Dense { n: 12, k: 70, weights: values })),
        ]
    }

    #[test]
    fn tensors_come_back_from_one_file_or_many() {
        for (max_bytes, n_files) in [(1 << 20, 1), (ENTRIES_MAX_BYTES + 1000, 5)] {
            let files = write_files(tensors(), max_bytes);
            assert_eq!(files.len(), n_files);
            let mut weights = Weights::default();
            for file in &files {
                weights.add_file("w", file).unwrap();
            }
            for (name, tensor) in tensors() {
                let mut bytes = [Vec::new(), Vec::new()];
                tensor.write(&mut bytes[0]);
                weights.take(&name, &tensor.shape()).unwrap().write(&mut bytes[1]);
                assert_eq!(bytes[0], bytes[1], "{name}");
            }
            weights.finish("m").unwrap();
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let mut weights = Weights::default();
        weights.add_file("w", &write_files(tensors(), 1 << 20)[0]).unwrap();
        let device = Device::cpu();
        weights.linear("a", [12, 71], &device);
        weights.linear("c", [1, 1], &device);
        let message = weights.finish("m").unwrap_err().to_string();
        for part in ["a.weight has shape [12, 70]", "c.weight is missing", "c.bias is missing", "b.weight is not used"]
        {
            assert!(message.contains(part), "{message}");
        }
    }
}
