// Opens pages in Firefox, over WebDriver BiDi, and tells what it met there, as JSON.
//
//     node firefox.mjs PUPPETEER FIREFOX URL …

import { pathToFileURL } from "node:url";

const [puppeteerPath, executablePath, ...urls] = process.argv.slice(2);
const { default: puppeteer } = await import(pathToFileURL(puppeteerPath));
const browser = await puppeteer.launch({
  browser: "firefox", executablePath, headless: true,
  defaultViewport: null, // an older Firefox does not know all that sets one
  args: ["--width=1280", "--height=800"],
});

/** Uses what can be used: a step of each slider, then the first answer of each question. */
function use() {
  const used = new Set();
  for (const input of document.querySelectorAll(".bnviz-figure input[type=range]")) {
    const before = input.value;
    input.stepUp();
    if (input.value === before) input.stepDown();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    used.add(input.closest("figure[data-ready]"));
  }
  // A question for a number takes an answer only now that its slider has moved.
  for (const question of document.querySelectorAll(".bnviz-predict-asking, .bnviz-lab-choices")) {
    const answer = question.querySelector("button:enabled");
    if (answer) used.add(question.closest("figure[data-ready]"));
    answer?.click();
  }
  used.delete(null);
  for (const figure of used) figure.dataset.usedAt = figure.dataset.draws;
  return used.size;
}

/** Which figures that were used have not been drawn since. */
function still() {
  return [...document.querySelectorAll("figure[data-used-at]")]
    .filter(({ dataset: { draws, usedAt } }) => Number(draws) <= Number(usedAt))
    .map((figure) => `${figure.id || figure.className} (${figure.dataset.draws} drawings)`)
    .join(", ");
}

const found = [];
for (const url of urls) {
  const page = await browser.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (!/^(file|data|blob|about):/.test(request.url())) requests.push(request.url());
  });
  await page.goto(url, { waitUntil: "load" });
  const ready = () =>
    [...document.querySelectorAll("figure.bnviz-figure")]
      .filter((figure) => !figure.closest(".bnviz-then:not([open])"))
      .every((figure) => figure.hasAttribute("data-ready"));
  await page.waitForFunction(ready, { timeout: 60000 });
  const figures = await page.evaluate(use);
  const drawn = () =>
    [...document.querySelectorAll("figure[data-used-at]")].every(
      ({ dataset: { draws, usedAt } }) => Number(draws) > Number(usedAt),
    );
  await page.waitForFunction(drawn, { timeout: 60000 }).catch(async () => {
    throw new Error(`${url}: used, and not drawn again: ${await page.evaluate(still)}`);
  });
  let steps = null;
  if (await page.$("figure.bnviz-lab")) {
    const trained = () => Number(document.querySelector("figure.bnviz-lab").dataset.steps) > 20;
    await page.$eval("figure.bnviz-lab", (figure) => figure.scrollIntoView());
    await page.evaluate(() => document.querySelector('.bnviz-lab [aria-label="Play"]')?.click());
    await page.waitForFunction(trained, { timeout: 60000 });
    steps = await page.$eval("figure.bnviz-lab", ({ dataset }) => Number(dataset.steps));
  }
  found.push({ url, figures, steps, complaints, requests });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
