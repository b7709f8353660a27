//! The JavaScript classes, which only translate: nothing else knows JavaScript.
//!
//! Builds that a page fetches as it needs them, each with a memory of its own; only texts and numbers pass between them:
//! the index and its answers (`web-search`, small, so that the first answer comes soon), the models for the CPU
//! (`web-models`) and for WebGPU (`gpu` too), and the builder of an index of the visitor's own skills (`web-builder`).

#[cfg(feature = "web-search")]
mod bench;
#[cfg(feature = "web-builder")]
mod builder;
#[cfg(feature = "web-models")]
mod model;
#[cfg(feature = "web-search")]
mod router;

use serde::Serialize;
#[cfg(any(feature = "web-search", feature = "web-models"))]
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use crate::error::Error;

pub(crate) type JsResult<T> = std::result::Result<T, JsValue>;

#[wasm_bindgen]
extern "C" {
    /// An `Error` of JavaScript with the stable `code` of ours.
    #[wasm_bindgen(js_name = Error, extends = js_sys::Error)]
    type CodedError;

    #[wasm_bindgen(constructor, js_class = "Error")]
    fn new(message: &str) -> CodedError;

    #[wasm_bindgen(method, setter)]
    fn set_code(this: &CodedError, code: &str);
}

/// The error as JavaScript sees it.
pub(crate) fn js_error(error: Error) -> JsValue {
    let js_error = CodedError::new(&error.to_string());
    js_error.set_code(error.code());
    js_error.into()
}

pub(crate) fn to_js(value: &impl Serialize) -> JsResult<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(JsValue::from)
}

/// Options that may be left out.
#[cfg(any(feature = "web-search", feature = "web-models"))]
pub(crate) fn from_js<T: DeserializeOwned + Default>(value: JsValue) -> JsResult<T> {
    match value.is_undefined() || value.is_null() {
        true => Ok(T::default()),
        false => required(value),
    }
}

#[cfg(any(feature = "web-search", feature = "web-models"))]
pub(crate) fn required<T: DeserializeOwned>(value: JsValue) -> JsResult<T> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| js_error(Error::unavailable(format!("argument not understood: {error}"))))
}

#[cfg(feature = "gpu")]
unsafe extern "C" {
    /// Made by the linker: runs the constructors of all statics.
    fn __wasm_call_ctors();
}

/// Shows the message of a panic in the console before the engine stops.
#[wasm_bindgen(start)]
pub fn start() {
    // burn's kernel makers register themselves in constructors. Unless somebody calls these, the linker has every call
    // from JavaScript run all of them first, several milliseconds each time.
    #[cfg(feature = "gpu")]
    // SAFETY: this is the only call, and it comes before all others.
    unsafe {
        __wasm_call_ctors();
    }
    std::panic::set_hook(Box::new(|info| wasm_bindgen::throw_str(&info.to_string())));
}

/// SHA-256 in hexadecimal, for pages without `crypto.subtle`.
#[cfg(feature = "web-search")]
#[wasm_bindgen]
pub fn sha256_hex(bytes: &[u8]) -> String {
    crate::format::sha256_hex(bytes)
}
