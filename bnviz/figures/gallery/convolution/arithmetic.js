// A filter slid over an image, as figure.py does. No page here: Node can run it too.

/**
 * What a window adds up: weight times pixel, row by row; 0 beyond the border.
 * @param {ArrayLike<number>} image row by row
 * @param {number[]} shape of the image: rows, columns
 * @param {ArrayLike<number>} weights of a square filter, row by row
 * @param {number} row of the place
 * @param {number} column
 * @returns {number[]}
 */
export function products(image, [height, width], weights, row, column) {
  const side = Math.sqrt(weights.length);
  const edge = (side - 1) / 2;
  return Array.from(weights, (weight, i) => {
    const [h, w] = [row + Math.floor(i / side) - edge, column + (i % side) - edge];
    const outside = h < 0 || w < 0 || h >= height || w >= width;
    return outside ? 0 : weight * image[h * width + w];
  });
}

/**
 * The map: the sum of its window at every place, row by row.
 * @param {ArrayLike<number>} image
 * @param {number[]} shape
 * @param {ArrayLike<number>} weights
 * @returns {number[]}
 */
export function slide(image, shape, weights) {
  return Array.from({ length: shape[0] * shape[1] }, (_, i) =>
    products(image, shape, weights, Math.floor(i / shape[1]), i % shape[1]).reduce((a, b) => a + b, 0),
  );
}
