// What bundle.py makes of `import { work } from "./NAME.js?worker"`, for the type check.
declare module "*?worker" {
  /** Does what the module does with a worker's scope; its text is a worker's whole code. */
  export function work(scope: {
    addEventListener: (event: "message", listener: (event: any) => void) => void;
    postMessage: (message: any) => void;
  }): void;
}
