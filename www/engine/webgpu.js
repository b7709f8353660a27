/**
 * WebGPU as this browser offers it: which adapter there is, whether the engine can use it, and a hold on the device that
 * the engine opens for itself.
 */

/**
 * What WebGPU can do here. `reason`: why the engine cannot use it, in words for people; `software`: it can, but the adapter
 * computes on the CPU.
 * @typedef {{ name: string, software: boolean, reason?: string }} Adapter
 */

/** Some browsers never answer when their graphics process has died. */
const PATIENCE_MS = 5000;
/** The engine's WebGPU runtime panics on an adapter without it: Firefox on Macs with Intel processors has such ones. */
const NEEDED_FEATURE = 'timestamp-query';
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** @returns {Promise<Adapter>} */
export async function probeAdapter() {
  if (!globalThis.isSecureContext) return unusable('WebGPU works on https pages only');
  if (!navigator.gpu) return unusable('this browser has no WebGPU');
  let adapter;
  try {
    adapter = await Promise.race([navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }), impatience()]);
  } catch (error) {
    return unusable(`this browser gave no WebGPU adapter (${error.message})`);
  }
  if (!adapter) return unusable('this browser has no WebGPU adapter for this machine');
  const name = nameOf(adapter.info);
  if (!adapter.features.has(NEEDED_FEATURE)) return unusable(`the graphics adapter ${name} has no ${NEEDED_FEATURE}, which the engine needs`, name);
  const fallback = adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return { name, software: fallback || SOFTWARE.test(name) };
}

/**
 * Runs `open`, in which the engine asks the browser for a device, and keeps that device: the browser tells of its end, and
 * of errors that nobody caught, to nobody else. `adapter_name` is the browser's too, which does not give it to the engine.
 * @template T
 * @param {() => Promise<T>} open
 * @returns {Promise<{ value: T, gpu_device: GPUDevice | null, adapter_name: string }>}
 */
export async function keepDevice(open) {
  const { requestDevice } = GPUAdapter.prototype;
  let gpu_device = null;
  let adapter_name = '';
  GPUAdapter.prototype.requestDevice = async function (...parameters) {
    adapter_name = nameOf(this.info);
    gpu_device = await requestDevice.apply(this, parameters);
    return gpu_device;
  };
  try {
    return { value: await open(), gpu_device, adapter_name };
  } finally {
    GPUAdapter.prototype.requestDevice = requestDevice;
  }
}

/** @param {string} reason */
function unusable(reason, name = '') {
  return { name, software: false, reason };
}

/** @param {GPUAdapterInfo} info */
function nameOf(info) {
  return [info?.vendor, info?.architecture, info?.device, info?.description].filter(Boolean).join(' ') || 'without a name';
}

function impatience() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS));
}
