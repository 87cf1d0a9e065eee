// The normalizations of the lab, forwards and back, on (rows, width) numbers row by row.
//
// Back, one formula serves them all: over the numbers that share their statistics,
//
//     grad x = (grad x̂ - mean(grad x̂) - x̂ · mean(grad x̂ · x̂)) / std,
//
// without the first mean where none was subtracted. Source: Ioffe & Szegedy 2015, section 3; Ba et
// al. 2016; Wu & He 2018; Zhang & Sennrich 2019; the defaults are those of torch.nn.

/** @typedef {import("./backend.js").Real} Real */
/** @typedef {import("./backend.js").Backend} Backend */

/**
 * @typedef {object} Norm
 * @property {Real} weight γ, of shape (width,)
 * @property {Real|null} bias β
 * @property {Real} gradWeight
 * @property {Real|null} gradBias
 * @property {Real} [runningMean]
 * @property {Real} [runningVar]
 * @property {(y: Real, x: Real, rows: number, training: boolean) => void} forward
 * @property {(grad: Real, rows: number) => void} backward grad by y becomes grad by x, in place
 */

const EPS = 1e-5;
const MOMENTUM = 0.1;
export const GROUPS = 4;

/**
 * @param {string} kind "batch", "layer", "group" or "rms"
 * @param {number} width units
 * @param {number} rows at most
 * @param {Backend} backend
 * @returns {Norm}
 */
export function makeNorm(kind, width, rows, backend) {
  if (kind === "batch") return batchNorm(width, rows, backend);
  if (kind === "layer") return groupNorm(width, rows, 1, backend);
  if (kind === "group") return groupNorm(width, rows, GROUPS, backend);
  if (kind === "rms") return groupNorm(width, rows, 1, backend, false);
  throw new RangeError(`a norm is batch, layer, group or rms; given ${kind}`);
}

/** @typedef {ReturnType<typeof makeAffine>} Affine */

/** @param {number} width @param {Backend} backend */
function makeAffine(width, backend) {
  return {
    weight: backend.alloc(width).fill(1), bias: backend.alloc(width),
    gradWeight: backend.alloc(width), gradBias: backend.alloc(width),
  };
}

/** @param {number} width @param {number} rows @param {Backend} backend @returns {Norm} */
function batchNorm(width, rows, backend) {
  const affine = makeAffine(width, backend);
  const { weight, bias } = affine;
  const runningMean = backend.alloc(width);
  const runningVar = backend.alloc(width).fill(1);
  const hat = backend.alloc(rows * width);
  const scale = new Float64Array(width); // 1 / std
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);

  /** @param {Real} y @param {Real} x @param {number} count */
  function withRunning(y, x, count) {
    for (let j = 0; j < width; j++) scale[j] = weight[j] / Math.sqrt(runningVar[j] + EPS);
    for (let p = 0; p < count; ) {
      for (let j = 0; j < width; j++, p++) y[p] = (x[p] - runningMean[j]) * scale[j] + bias[j];
    }
  }
  return {
    ...affine, runningMean, runningVar,
    forward(y, x, rows, training) {
      const count = rows * width;
      if (!training) return withRunning(y, x, count);
      mean.fill(0);
      squares.fill(0);
      for (let p = 0; p < count; ) for (let j = 0; j < width; j++, p++) mean[j] += x[p];
      for (let j = 0; j < width; j++) mean[j] /= rows;
      for (let p = 0; p < count; ) {
        for (let j = 0; j < width; j++, p++) squares[j] += (x[p] - mean[j]) ** 2;
      }
      for (let j = 0; j < width; j++) {
        scale[j] = 1 / Math.sqrt(squares[j] / rows + EPS);
        runningMean[j] += MOMENTUM * (mean[j] - runningMean[j]);
        runningVar[j] += MOMENTUM * (squares[j] / (rows - 1) - runningVar[j]);
      }
      for (let p = 0; p < count; ) {
        for (let j = 0; j < width; j++, p++) {
          const h = (x[p] - mean[j]) * scale[j];
          hat[p] = h;
          y[p] = weight[j] * h + bias[j];
        }
      }
    },
    backward(grad, rows) {
      const [byHat, byOne] = [squares, mean]; // not needed any more
      sumOverRows(affine, byHat, byOne, grad, hat, rows);
      for (let j = 0; j < width; j++) scale[j] *= weight[j];
      for (let p = 0; p < rows * width; ) {
        for (let j = 0; j < width; j++, p++) {
          grad[p] = (grad[p] - (byOne[j] + hat[p] * byHat[j]) / rows) * scale[j];
        }
      }
    },
  };
}

/**
 * Layer norm is group norm with one group, and RMSNorm is that without a mean and without β.
 * @param {number} width
 * @param {number} rows
 * @param {number} groups
 * @param {Backend} backend
 * @param {boolean} [centered] whether the mean is subtracted
 * @returns {Norm}
 */
function groupNorm(width, rows, groups, backend, centered = true) {
  if (width % groups) throw new RangeError(`${width} units do not make ${groups} groups`);
  const affine = makeAffine(width, backend);
  const { weight, bias } = affine;
  const hat = backend.alloc(rows * width);
  const scale = new Float64Array(rows * groups);
  const forWeight = new Float64Array(width);
  const forBias = new Float64Array(width);
  const size = width / groups;
  const precision = hat instanceof Float32Array ? 2 ** -23 : 2 ** -52;
  const eps = centered ? EPS : precision; // as in torch.nn.RMSNorm
  return {
    ...affine, ...(centered ? {} : { bias: null, gradBias: null }),
    forward(y, x, rows) {
      for (let g = 0, start = 0; g < rows * groups; g++, start += size) {
        const end = start + size;
        let mean = 0;
        if (centered) for (let p = start; p < end; p++) mean += x[p];
        mean /= size;
        let squares = 0;
        for (let p = start; p < end; p++) squares += (x[p] - mean) ** 2;
        const factor = 1 / Math.sqrt(squares / size + eps);
        scale[g] = factor;
        for (let p = start, j = start % width; p < end; p++, j++) {
          const h = (x[p] - mean) * factor;
          hat[p] = h;
          y[p] = weight[j] * h + bias[j];
        }
      }
    },
    backward(grad, rows) {
      sumOverRows(affine, forWeight, forBias, grad, hat, rows);
      for (let g = 0, start = 0; g < rows * groups; g++, start += size) {
        const end = start + size;
        let byOne = 0;
        let byHat = 0;
        for (let p = start, j = start % width; p < end; p++, j++) {
          const d = grad[p] * weight[j];
          if (centered) byOne += d;
          byHat += d * hat[p];
        }
        for (let p = start, j = start % width; p < end; p++, j++) {
          grad[p] = (grad[p] * weight[j] - (byOne + hat[p] * byHat) / size) * scale[g];
        }
      }
    },
  };
}

/**
 * The gradients of γ and β: over the rows, sums of the gradient times x̂ and of the gradient alone.
 * @param {Affine} affine
 * @param {Float64Array} byHat gets the first sums in full precision
 * @param {Float64Array} byOne gets the second
 * @param {Real} grad
 * @param {Real} hat
 * @param {number} rows
 */
function sumOverRows({ gradWeight, gradBias }, byHat, byOne, grad, hat, rows) {
  const width = byHat.length;
  byHat.fill(0);
  byOne.fill(0);
  for (let p = 0; p < rows * width; ) {
    for (let j = 0; j < width; j++, p++) {
      byHat[j] += grad[p] * hat[p];
      byOne[j] += grad[p];
    }
  }
  gradWeight.set(byHat);
  gradBias.set(byOne);
}
