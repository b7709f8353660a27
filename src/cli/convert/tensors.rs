//! Tensors of safetensors files, read a few rows at a time, and written with the bits that were asked for.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use safetensors::{Dtype, tensor::Metadata};
use skillrouter::{
    format::FileEntry,
    matrix::{Bits, Matrix, Quantized},
    model::{
        architecture::Architecture,
        manifest::{FILE_MAX_BYTES, Role},
        weights::{WeightTensor, WeightWriter},
    },
};

use super::{ConvertArgs, checkpoint::Checkpoint};
use crate::cli::{files::NewFolder, progress::Progress};

impl Checkpoint<'_> {
    /// Reads all tensors, ordered by name, and writes them with so many bits.
    pub(super) fn write_weights(&self, role: &Role, args: &ConvertArgs, folder: &NewFolder) -> Result<Vec<FileEntry>> {
        let mut tensors = BTreeMap::new();
        for path in safetensors_files(self.source)? {
            for tensor in stored_tensors(&path)? {
                if let Some(name) = self.tensor_name(&tensor.name, role) {
                    tensors.insert(name.to_owned(), tensor);
                }
            }
        }
        let n_bytes: u64 = tensors.values().map(|tensor| tensor.end - tensor.start).sum();
        let progress = Progress::bytes("converting", n_bytes);
        let mut writer = WeightWriter::new(FILE_MAX_BYTES);
        let mut entries = Vec::new();
        let is_table = self.architecture.is_table();
        let mut write = |bytes: Vec<u8>| -> Result<()> {
            let entry = FileEntry::new(&format!("weights-{}", entries.len() + 1), "bin", &bytes);
            folder.write(&entry.file, &bytes)?;
            entries.push(entry);
            Ok(())
        };
        for (name, tensor) in tensors {
            let bits = args.table_bits.filter(|_| is_table(&name)).unwrap_or(args.bits);
            let tensor = tensor.read(bits, &progress)?;
            writer.add(&name, tensor).into_iter().try_for_each(&mut write)?;
        }
        writer.finish().into_iter().try_for_each(&mut write)?;
        progress.finish();
        Ok(entries)
    }

    /// Our name of a tensor, or `None` for what its role does not use.
    fn tensor_name<'n>(&self, name: &'n str, role: &Role) -> Option<&'n str> {
        match self.architecture {
            Architecture::Bert(_) => {
                let name = name.strip_prefix("bert.").unwrap_or(name);
                let head = ["pooler.", "classifier."].iter().any(|part| name.starts_with(part));
                // The head of pre-training, and counters.
                let unused = ["cls.", "embeddings.position_ids"].iter().any(|part| name.starts_with(part));
                let unused = unused || head && matches!(role, Role::Encoder { .. });
                (!unused).then_some(name)
            }
            Architecture::Qwen3(_) => {
                // The output head is the embedding table; some checkpoints hold it twice.
                (name != "lm_head.weight").then(|| name.strip_prefix("model.").unwrap_or(name))
            }
        }
    }
}

fn safetensors_files(source: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(source)
        .with_context(|| format!("cannot read {}", source.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .collect();
    files.sort();
    match files.is_empty() {
        true => bail!("{} has no *.safetensors; save the model in that format first", source.display()),
        false => Ok(files),
    }
}

/// A tensor in a safetensors file.
struct StoredTensor {
    name: String,
    path: PathBuf,
    dtype: Dtype,
    shape: Vec<usize>,
    /// Places in the file.
    start: u64,
    end: u64,
}

/// Largest header that we read, in bytes; that of the largest published models is a few hundred KB.
const HEADER_MAX_BYTES: u64 = 100 << 20;

fn stored_tensors(path: &Path) -> Result<Vec<StoredTensor>> {
    let broken = || format!("{} is not a whole safetensors file; download it again", path.display());
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file_bytes = file.metadata().with_context(broken)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).with_context(broken)?;
    let header_bytes = u64::from_le_bytes(length);
    if header_bytes > HEADER_MAX_BYTES.min(file_bytes) {
        bail!(broken());
    }
    let mut header = Vec::new();
    file.take(header_bytes).read_to_end(&mut header).with_context(broken)?;
    let metadata: Metadata = serde_json::from_slice(&header).with_context(broken)?;
    metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let (start, end) = info.data_offsets;
            let [start, end] = [start, end].map(|offset| 8 + header_bytes + offset as u64);
            if end > file_bytes {
                bail!(broken());
            }
            Ok(StoredTensor { name, path: path.to_owned(), dtype: info.dtype, shape: info.shape.clone(), start, end })
        })
        .collect()
}

/// Weights that are read at once.
const CHUNK_WEIGHTS: usize = 8 << 20;

impl StoredTensor {
    fn read(&self, bits: u32, progress: &Progress) -> Result<WeightTensor> {
        let bytes_each = match self.dtype {
            Dtype::F32 => 4,
            Dtype::BF16 | Dtype::F16 => 2,
            other => bail!("tensor {} is {other:?}; only F32, F16 and BF16 are read", self.name),
        };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut floats = |n: usize| -> Result<Vec<f32>> {
            let mut bytes = vec![0; n * bytes_each];
            file.read_exact(&mut bytes).with_context(|| format!("{} ends too soon", self.path.display()))?;
            progress.add(bytes.len());
            Ok(floats(self.dtype, &bytes))
        };
        let [n, k] = match self.shape[..] {
            [d] => return Ok(WeightTensor::Vector(floats(d)?)),
            [n, k] => [n, k],
            _ => bail!("tensor {} has shape {:?}; only vectors and matrices are known", self.name, self.shape),
        };
        let bits = match bits {
            32 => return Ok(WeightTensor::Matrix(Matrix::Dense { n, k, weights: floats(n * k)? })),
            8 => Bits::Eight,
            _ => Bits::Four,
        };
        let chunk_rows = (CHUNK_WEIGHTS / k.max(1)).clamp(1, n.max(1));
        let mut matrix: Option<Matrix> = None;
        for first in (0..n).step_by(chunk_rows) {
            let weights = floats(chunk_rows.min(n - first) * k)?;
            let part_rows = chunk_rows.div_ceil(4 * rayon::current_num_threads());
            let parts: Vec<Quantized> =
                weights.par_chunks(part_rows * k).map(|rows| Quantized::new(bits, rows, rows.len() / k, k)).collect();
            for part in parts.into_iter().map(Matrix::Quantized) {
                match &mut matrix {
                    None => matrix = Some(part),
                    Some(matrix) => assert!(matrix.append(part), "parts of one matrix fit each other"),
                }
            }
        }
        Ok(WeightTensor::Matrix(matrix.with_context(|| format!("tensor {} is empty", self.name))?))
    }
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Vec<f32> {
    let halves = || bytes.chunks_exact(2).map(|b| [b[0], b[1]]);
    match dtype {
        Dtype::BF16 => halves().map(|b| half::bf16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F16 => halves().map(|b| half::f16::from_le_bytes(b).to_f32()).collect(),
        _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
    }
}
