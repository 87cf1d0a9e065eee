// PyTorch's random numbers on a CPU, so that a seed gives the weights, batches and noise it gives
// there. Source: Matsumoto & Nishimura 1998 (MT19937); what is made of its bits is PyTorch's way.

const LENGTH = 624; // of the state
const AHEAD = 397;

/** A generator, as of `torch.Generator().manual_seed(seed)`. */
export class TorchRandom {
  /** @param {number} seed a whole number from 0 to 2³² - 1 */
  constructor(seed) {
    const state = new Uint32Array(LENGTH);
    state[0] = seed;
    for (let i = 1; i < LENGTH; i++) {
      const before = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(before, 1812433253) + i;
    }
    this._state = state;
    this._next = LENGTH;
  }

  /** 32 random bits, as a whole number. */
  bits() {
    if (this._next === LENGTH) this._twist();
    let y = this._state[this._next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  _twist() {
    const state = this._state;
    for (let i = 0; i < LENGTH; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % LENGTH] & 0x7fffffff);
      state[i] = state[(i + AHEAD) % LENGTH] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this._next = 0;
  }

  /** One number of `torch.rand` in float32: a multiple of 2⁻²⁴ in [0, 1). */
  uniform() {
    return (this.bits() & 0xffffff) / 0x1000000;
  }

  /**
   * `tensor.uniform_(-bound, bound)` in float32.
   * @param {number} count
   * @param {number} bound
   */
  uniforms(count, bound) {
    const range = Math.fround(2 * bound);
    return Float32Array.from({ length: count }, () => Math.fround(this.uniform() * range) - bound);
  }

  /**
   * `tensor.normal_(0, std)` in float32: Box and Muller's way, on blocks of sixteen.
   * @param {number} count sixteen or more; PyTorch draws fewer in another way
   * @param {number} std
   */
  normals(count, std) {
    if (count < 16) throw new RangeError(`normals of 16 numbers or more; given ${count}`);
    const numbers = Float32Array.from({ length: count }, () => this.uniform());
    const whole = count - (count % 16);
    for (let start = 0; start < whole; start += 16) toNormals(numbers, start, std);
    if (whole < count) {
      // The last sixteen are drawn anew.
      for (let i = count - 16; i < count; i++) numbers[i] = this.uniform();
      toNormals(numbers, count - 16, std);
    }
    return numbers;
  }

  /**
   * `torch.randperm(count)`.
   * @param {number} count
   */
  permutation(count) {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < count - 1; i++) {
      const other = i + (this.bits() % (count - i));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }
}

/**
 * @param {Float32Array} numbers
 * @param {number} start
 * @param {number} std
 */
function toNormals(numbers, start, std) {
  for (let i = start; i < start + 8; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - numbers[i])) * std;
    const angle = 2 * Math.PI * numbers[i + 8];
    numbers[i] = radius * Math.cos(angle);
    numbers[i + 8] = radius * Math.sin(angle);
  }
}
