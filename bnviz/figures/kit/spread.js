// What is said of several seeds. No page here: Node can run it too.

/**
 * Median and range of the finite ones among some values, and how many are not.
 * @param {ArrayLike<number>} values
 */
export function spread(values) {
  const finite = Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
  const half = finite.length >> 1;
  const median = finite.length % 2 ? finite[half] : (finite[half - 1] + finite[half]) / 2;
  return {
    median, low: finite[0] ?? NaN, high: finite[finite.length - 1] ?? NaN,
    count: values.length, lost: values.length - finite.length,
  };
}
