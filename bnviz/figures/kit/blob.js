// Named arrays out of the bytes that blob.py put them into. No page here: Node can run it too.

const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** @typedef {(InstanceType<(typeof TYPES)[keyof typeof TYPES]>) & {shape: number[]}} Numbers */
/** @typedef {Object<string, Numbers>} Arrays */

/**
 * The named arrays of a blob. Half floats become Float32Array.
 * @param {DataView|ArrayBuffer|Uint8Array|null|undefined} blob
 * @returns {Arrays}
 */
export function unpack(blob) {
  if (!blob?.byteLength) return {};
  const whole = ArrayBuffer.isView(blob) ? blob : new Uint8Array(blob);
  // A copy, so that arrays of eight-byte numbers begin where they may.
  const buffer = Uint8Array.from(
    new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength),
  ).buffer;
  const headerLength = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, headerLength)));
  /** @type {Arrays} */
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header)) {
    const length = shape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    const array =
      dtype === "float16"
        ? Float32Array.from(new Uint16Array(buffer, offset, length), fromHalf)
        : new TYPES[/** @type {keyof typeof TYPES} */ (dtype)](buffer, offset, length);
    arrays[name] = Object.assign(array, { shape });
  }
  return arrays;
}

/**
 * The number whose half-precision bits are `bits`.
 * @param {number} bits
 */
export function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The blob that `deflate` in blob.py made fit for a page.
 * @param {string} base64
 */
export async function inflate(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new DataView(await new Response(stream).arrayBuffer());
}
