// The matrix product as WebAssembly, written here instruction by instruction: no compiler, and no
// bytes that nobody can read. A tile of c, four rows by eight columns, stays in registers while l
// runs. The last tile of a row or column reaches back over the one before, and computes it again.
//
//     for (j = 0; j < n; j += 8)
//       for (i = 0; i < m; i += 4) {
//         row = min(i, m - 4), column = min(j, n - 8)
//         for (l = k; l > 0; l--)  c[row…+3][column…+7] += a[row…+3][l] · b[l][column…+7]
//       }

/** @typedef {number[]} Code instructions, byte by byte */

// Arguments: addresses, sizes, and the steps of a in bytes.
const [C, A, B, M, N, K, ROW_STEP, COLUMN_STEP] = [0, 1, 2, 3, 4, 5, 6, 7];
// Whole numbers: counters, the tile's place, and addresses in a, in a row of a column of it, in b, in c.
const [I, J, L, ROW, COLUMN, IN_A, DOWN_A, IN_B, IN_C] = [8, 9, 10, 11, 12, 13, 14, 15, 16];
const WHOLES = 9;
// Four floats each: two pieces of a row of b, one number of a four times, and from TILE on the tile.
const [LEFT, RIGHT, ONE, TILE] = [17, 18, 19, 20];
const FLOATS = 11;

const [I32, V128] = [0x7f, 0x7b];
const [END, LESS, ADD, SUBTRACT, MULTIPLY, SHIFT] = [0x0b, 0x48, 0x6a, 0x6b, 0x6c, 0x74];

/** @type {Uint8Array<ArrayBuffer>|null} */
let bytes = null;

/** The bytes of a module that imports `js.memory` and exports `product`. */
export function assemble() {
  return (bytes ??= makeModule());
}

function makeModule() {
  const locals = vector([[WHOLES, I32], [FLOATS, V128]]);
  const body = [...locals, ...product(), END];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [[0x60, ...vector(Array(8).fill([I32])), 0]]), // eight whole numbers, no result
    ...section(2, [[...name("js"), ...name("memory"), 2, 0, 1]]), // a memory of a page or more
    ...section(3, [[0]]), // one function
    ...section(7, [[...name("product"), 0, 0]]),
    ...section(10, [[...whole(body.length), ...body]]),
  ]);
}

function product() {
  const address = (/** @type {number} */ start, /** @type {Code} */ floats) => [
    ...get(start), ...floats, ...number(2), SHIFT, ADD,
  ];
  const next = (/** @type {number} */ local, /** @type {Code} */ step) =>
    put(local, [...get(local), ...step, ADD]);
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
    ...rows.flatMap((r) => [...put(TILE + 2 * r, zeros()), ...put(TILE + 2 * r + 1, zeros())]),
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

// --- instructions --------------------------------------------------------------------------------

const ALIGNED = 2; // addresses are multiples of four bytes
const VECTOR = 0xfd;

/** @param {number} local */
function get(local) {
  return [0x20, local];
}

/** @param {number} local @param {Code} value */
function put(local, value) {
  return [...value, 0x21, local];
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

function zeros() {
  return [VECTOR, 0x0c, ...Array(16).fill(0)];
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
  const times = [VECTOR, 0xe6, 0x01];
  const plus = [VECTOR, 0xe4, 0x01];
  return put(sum, [...get(sum), ...get(ONE), ...get(piece), ...times, ...plus]);
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
function name(text) {
  return vector([...text].map((letter) => [letter.charCodeAt(0)]));
}

/** @param {number} id @param {Code[]} items */
function section(id, items) {
  const content = vector(items);
  return [id, ...whole(content.length), ...content];
}
