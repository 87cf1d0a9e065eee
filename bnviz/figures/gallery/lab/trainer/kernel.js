// The matrix product and the sigmoid as WebAssembly, written here instruction by instruction: no
// compiler, and no bytes that nobody can read.
//
// The product keeps a tile of c, four rows by eight columns, in registers while l runs. The last
// tile of a row or column reaches back over the one before, and computes it again.
//
//     for (j = 0; j < n; j += 8)
//       for (i = 0; i < m; i += 4) {
//         row = min(i, m - 4), column = min(j, n - 8)
//         for (l = k; l > 0; l--)  c[row…+3][column…+7] += a[row…+3][l] · b[l][column…+7]
//       }
//
// The sigmoid takes four numbers at a time, and up to three behind the last.
//
//     for (; count > 0; count -= 4)  y[…+3] = 1 / (1 + 2 ** (x[…+3] · -log2(e)))

/** @typedef {number[]} Code instructions, byte by byte */

// Arguments of the product: addresses, sizes, and the steps of a in bytes.
const [C, A, B, M, N, K, ROW_STEP, COLUMN_STEP] = [0, 1, 2, 3, 4, 5, 6, 7];
// Whole numbers: counters, the tile's place, and addresses in a, in a row of a column of it, in b, in c.
const [I, J, L, ROW, COLUMN, IN_A, DOWN_A, IN_B, IN_C] = [8, 9, 10, 11, 12, 13, 14, 15, 16];
const WHOLES = 9;
// Four floats each: two pieces of a row of b, one number of a four times, and from TILE on the tile.
const [LEFT, RIGHT, ONE, TILE] = [17, 18, 19, 20];
const FLOATS = 11;

// The sigmoid's arguments, and four floats each: an exponent of two, its whole part, the rest times
// ln 2, and e to the power of that.
const [Y, X, COUNT] = [0, 1, 2];
const [EXPONENT, WHOLE, REST, POWER] = [17, 18, 19, 20];
const LARGEST = 126; // exponents beyond belong to no float, or to one that is less precise
const BIAS = 127; // of the exponents in floats
const TERMS = 6; // of e to a power of at most ln(2) / 2, besides the 1: the next is below 2e-7

const [I32, V128] = [0x7f, 0x7b];
const [END, LESS, ADD, SUBTRACT, MULTIPLY, SHIFT] = [0x0b, 0x48, 0x6a, 0x6b, 0x6c, 0x74];

/** @type {Uint8Array<ArrayBuffer>|null} */
let bytes = null;

/** The bytes of a module that imports `js.memory` and exports `product` and `sigmoid`. */
export function assemble() {
  return (bytes ??= makeModule());
}

function makeModule() {
  const locals = vector([[WHOLES, I32], [FLOATS, V128]]);
  const bodies = [productCode(), sigmoidCode()].map((code) => [...locals, ...code, END]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [[0x60, ...vector(Array(8).fill([I32])), 0]]), // eight whole numbers, no result
    ...section(2, [[...letters("js"), ...letters("memory"), 2, 0, 1]]), // a memory of a page or more
    ...section(3, [[0], [0]]), // two functions
    ...section(7, [[...letters("product"), 0, 0], [...letters("sigmoid"), 0, 1]]),
    ...section(10, bodies.map((body) => [...whole(body.length), ...body])),
  ]);
}

function productCode() {
  const address = (/** @type {number} */ start, /** @type {Code} */ floats) => [
    ...get(start), ...floats, ...number(2), SHIFT, ADD,
  ];
  const rowOfN = [...get(N), ...number(2), SHIFT];
  const rows = [0, 1, 2, 3];

  const addUp = [
    ...put(LEFT, load(IN_B, 0)),
    ...put(RIGHT, load(IN_B, 16)),
    ...put(DOWN_A, get(IN_A)),
    ...rows.flatMap((r) => [
      ...put(ONE, loadFourTimes(DOWN_A)),
      ...addProduct(TILE + 2 * r, LEFT),
      ...addProduct(TILE + 2 * r + 1, RIGHT),
      ...next(DOWN_A, get(ROW_STEP)),
    ]),
    ...next(IN_A, get(COLUMN_STEP)),
    ...next(IN_B, rowOfN),
    ...put(L, [...get(L), ...number(1), SUBTRACT]),
  ];
  const tile = [
    ...put(ROW, least(get(I), [...get(M), ...number(4), SUBTRACT])),
    ...put(IN_A, [...get(A), ...get(ROW), ...get(ROW_STEP), MULTIPLY, ADD]),
    ...put(IN_B, address(B, get(COLUMN))),
    ...put(IN_C, address(C, [...get(ROW), ...get(N), MULTIPLY, ...get(COLUMN), ADD])),
    ...rows.flatMap((r) => [...put(TILE + 2 * r, four(0)), ...put(TILE + 2 * r + 1, four(0))]),
    ...put(L, get(K)),
    ...repeatWhile(addUp, get(L)),
    ...rows.flatMap((r) => [
      ...store(IN_C, 0, TILE + 2 * r),
      ...store(IN_C, 16, TILE + 2 * r + 1),
      ...next(IN_C, rowOfN),
    ]),
    ...next(I, number(4)),
  ];
  const panel = [
    ...put(COLUMN, least(get(J), [...get(N), ...number(8), SUBTRACT])),
    ...put(I, number(0)),
    ...repeatWhile(tile, [...get(I), ...get(M), LESS]),
    ...next(J, number(8)),
  ];
  return repeatWhile(panel, [...get(J), ...get(N), LESS]); // J begins at 0, as all locals do
}

function sigmoidCode() {
  const terms = Array.from({ length: TERMS }, (_, i) => TERMS - i);
  const fourOfThem = [
    ...put(EXPONENT, [...load(X, 0), ...four(-Math.LOG2E), ...TIMES]),
    ...put(EXPONENT, [...get(EXPONENT), ...four(LARGEST), ...LEAST, ...four(-LARGEST), ...MOST]),
    ...put(WHOLE, [...get(EXPONENT), ...NEAREST]),
    ...put(REST, [...get(EXPONENT), ...get(WHOLE), ...MINUS, ...four(Math.LN2), ...TIMES]),
    ...put(POWER, four(1)),
    ...terms.flatMap((n) => // 1 + rest (1 + rest / 2 (1 + rest / 3 (…)))
      put(POWER, [...get(POWER), ...get(REST), ...TIMES, ...four(1 / n), ...TIMES, ...four(1), ...PLUS]),
    ),
    ...put(WHOLE, [...get(WHOLE), ...four(BIAS), ...PLUS, ...TO_INTEGERS, ...number(23), ...SHIFT_EACH]),
    ...put(POWER, [...get(POWER), ...get(WHOLE), ...TIMES]),
    ...put(POWER, [...four(1), ...four(1), ...get(POWER), ...PLUS, ...OVER]),
    ...store(Y, 0, POWER),
    ...next(X, number(16)),
    ...next(Y, number(16)),
    ...put(COUNT, [...get(COUNT), ...number(4), SUBTRACT]),
  ];
  return repeatWhile(fourOfThem, [...number(0), ...get(COUNT), LESS]);
}

// --- instructions --------------------------------------------------------------------------------

const ALIGNED = 2; // addresses are multiples of four bytes
const VECTOR = 0xfd;
const [PLUS, MINUS, TIMES, OVER, LEAST, MOST] = [0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9].map(
  (code) => [VECTOR, code, 1],
);
const NEAREST = [VECTOR, 0x6a];
const TO_INTEGERS = [VECTOR, 0xf8, 1];
const SHIFT_EACH = [VECTOR, 0xab, 1];

/** @param {number} local */
function get(local) {
  return [0x20, local];
}

/** @param {number} local @param {Code} value */
function put(local, value) {
  return [...value, 0x21, local];
}

/** @param {number} local @param {Code} step */
function next(local, step) {
  return put(local, [...get(local), ...step, ADD]);
}

/** @param {number} value from 0 to 63 */
function number(value) {
  return [0x41, value];
}

/** @param {Code} a @param {Code} b */
function least(a, b) {
  return [...a, ...b, ...a, ...b, LESS, 0x1b];
}

/** @param {Code} body @param {Code} condition */
function repeatWhile(body, condition) {
  return [0x03, 0x40, ...body, ...condition, 0x0d, 0, END];
}

/** @param {number} value four times */
function four(value) {
  return [VECTOR, 0x0c, ...new Uint8Array(Float32Array.of(value, value, value, value).buffer)];
}

/** @param {number} address @param {number} offset */
function load(address, offset) {
  return [...get(address), VECTOR, 0x00, ALIGNED, offset];
}

/** @param {number} address */
function loadFourTimes(address) {
  return [...get(address), VECTOR, 0x09, ALIGNED, 0];
}

/** @param {number} address @param {number} offset @param {number} local */
function store(address, offset, local) {
  return [...get(address), ...get(local), VECTOR, 0x0b, ALIGNED, offset];
}

/** @param {number} sum @param {number} piece */
function addProduct(sum, piece) {
  return put(sum, [...get(sum), ...get(ONE), ...get(piece), ...TIMES, ...PLUS]);
}

// --- the module's form ---------------------------------------------------------------------------

/** @param {number} value not negative, seven bits a byte */
function whole(value) {
  const found = [];
  for (; value > 0x7f; value >>>= 7) found.push((value & 0x7f) | 0x80);
  return [...found, value];
}

/** @param {Code[]} items */
function vector(items) {
  return [...whole(items.length), ...items.flat()];
}

/** @param {string} text */
function letters(text) {
  return vector([...text].map((letter) => [letter.charCodeAt(0)]));
}

/** @param {number} id @param {Code[]} items */
function section(id, items) {
  const content = vector(items);
  return [id, ...whole(content.length), ...content];
}
