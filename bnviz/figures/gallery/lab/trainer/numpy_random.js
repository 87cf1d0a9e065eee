// NumPy's random numbers, so that a seed splits the digits and draws the spirals as `bnviz.data`
// does. Source: O'Neill 2014 (PCG64, XSL RR) with NumPy's SeedSequence; Lemire 2019 for whole
// numbers below a bound; Marsaglia & Tsang 2000 for normal ones.

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const WORD = (1n << 64n) - 1n;
const STATE = (1n << 128n) - 1n;

/** A generator, as of `np.random.default_rng(seed)`. */
export class NumpyRandom {
  /** @param {number} seed a whole number from 0 to 2³² - 1 */
  constructor(seed) {
    const words = spread(seed);
    /** @param {number} i */
    const pair = (i) => (BigInt(words[i + 1]) << 32n) | BigInt(words[i]);
    this._step = ((((pair(4) << 64n) | pair(6)) << 1n) | 1n) & STATE;
    this._state = 0n;
    this._advance();
    this._state = (this._state + ((pair(0) << 64n) | pair(2))) & STATE;
    this._advance();
    /** @type {number|null} */
    this._half = null; // 32 bits are given out in pairs
  }

  _advance() {
    this._state = (this._state * MULTIPLIER + this._step) & STATE;
  }

  /** 64 random bits. */
  _word() {
    this._advance();
    const mixed = (this._state >> 64n) ^ (this._state & WORD);
    const turn = this._state >> 122n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & WORD;
  }

  _bits() {
    if (this._half !== null) {
      const half = this._half;
      this._half = null;
      return half;
    }
    const word = this._word();
    this._half = Number(word >> 32n);
    return Number(word & 0xffffffffn);
  }

  /**
   * `random.integers(largest + 1)`: a whole number from 0 to `largest`, each as likely.
   * @param {number} largest below 2³² - 1
   */
  integer(largest) {
    const count = BigInt(largest + 1);
    const rest = 0x100000000n % count;
    for (;;) {
      const product = BigInt(this._bits()) * count;
      if ((product & 0xffffffffn) >= rest) return Number(product >> 32n);
    }
  }

  /**
   * `random.permutation(values)`.
   * @param {number[]} values
   */
  permutation(values) {
    const order = [...values];
    for (let i = order.length - 1; i > 0; i--) {
      const mask = 2 ** (32 - Math.clz32(i)) - 1;
      let other = this._bits() & mask;
      while (other > i) other = this._bits() & mask;
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }

  /** One number of `random.random()`, in [0, 1). */
  uniform() {
    return Number(this._word() >> 11n) / 2 ** 53;
  }

  /** One number of `random.normal()`. */
  normal() {
    const { widths, quick, heights } = (layers ??= makeLayers());
    for (;;) {
      const word = this._word();
      const layer = Number(word & 0xffn);
      const size = Number((word >> 9n) & 0xfffffffffffffn);
      const x = (word & 0x100n ? -1 : 1) * size * widths[layer];
      if (size < quick[layer]) return x;
      if (layer > 0) {
        const height = heights[layer - 1] - heights[layer];
        if (height * this.uniform() + heights[layer] < Math.exp(-0.5 * x * x)) return x;
        continue;
      }
      for (;;) {
        const beyond = -Math.log1p(-this.uniform()) / TAIL;
        if (-2 * Math.log1p(-this.uniform()) > beyond * beyond) {
          return size & 0x100 ? -(TAIL + beyond) : TAIL + beyond;
        }
      }
    }
  }
}

/**
 * NumPy's SeedSequence: eight words of 32 bits out of one.
 * @param {number} seed
 */
function spread(seed) {
  let factor = 0x43b0d7e5;
  /** @param {number} value */
  const hash = (value) => {
    value ^= factor;
    factor = Math.imul(factor, 0x931e8875);
    value = Math.imul(value, factor);
    return value ^ (value >>> 16);
  };
  const pool = [hash(seed), hash(0), hash(0), hash(0)];
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hash(pool[from]));
      pool[to] = mixed ^ ((mixed | 0) >>> 16);
    }
  }
  factor = 0x8b51f9dd;
  return Uint32Array.from({ length: 8 }, (_, i) => {
    let word = pool[i % 4] ^ factor;
    factor = Math.imul(factor, 0x58f38ded);
    word = Math.imul(word, factor);
    return word ^ (word >>> 16);
  });
}

// The ziggurat: 256 layers of one area under exp(-x² / 2); the lowest has the tail beyond TAIL.

const TAIL = 3.6541528853610088;
const AREA = 0.004928673233974658;

/** @type {{widths: number[], quick: number[], heights: number[]}|null} */
let layers = null;

function makeLayers() {
  const density = (/** @type {number} */ x) => Math.exp(-0.5 * x * x);
  const unit = 2 ** 52;
  const ends = new Array(256); // of the layers, the lowest last
  ends[255] = TAIL;
  for (let i = 254; i > 0; i--) {
    ends[i] = Math.sqrt(-2 * Math.log(AREA / ends[i + 1] + density(ends[i + 1])));
  }
  const widths = ends.map((x) => x / unit);
  const heights = ends.map(density);
  const quick = ends.map((x, i) => (i > 1 ? Math.floor((ends[i - 1] / x) * unit) : 0));
  widths[0] = AREA / density(TAIL) / unit;
  heights[0] = 1;
  quick[0] = Math.floor(((TAIL * density(TAIL)) / AREA) * unit);
  return { widths, quick, heights };
}
