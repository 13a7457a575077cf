/* Search from a folder, without a server: a browser starts no Worker for a file:// page, so the
   theme's search script runs in a hidden frame that offers it the same few functions. */
(function () {
  "use strict";
  if (location.protocol !== "file:") return;

  class FrameWorker extends EventTarget {
    constructor(address) {
      super();
      const url = new URL(address, document.baseURI).href;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.setAttribute("aria-hidden", "true");
      this.ready = this.start(url);
    }

    async start(url) {
      if (!document.body) {
        await new Promise((done) => document.addEventListener("DOMContentLoaded", done));
      }
      document.body.appendChild(this.frame);
      const inner = this.frame.contentWindow;
      inner.postMessage = (data) => {
        this.dispatchEvent(new MessageEvent("message", { data }));
      };
      inner.importScripts = (...scripts) =>
        scripts.reduce((before, script) => before.then(() => this.load(script, url)),
          Promise.resolve());
      await this.load(url, url);
      return inner;
    }

    load(script, base) {
      return new Promise((done, fail) => {
        const inner = this.frame.contentDocument;
        const element = inner.createElement("script");
        element.src = new URL(script, base).href;
        element.onload = () => done();
        element.onerror = () => fail(new Error("not loaded: " + element.src));
        inner.head.appendChild(element);
      });
    }

    postMessage(data) {
      this.ready.then((inner) => {
        inner.dispatchEvent(new inner.MessageEvent("message", { data }));
      });
    }

    terminate() {
      this.frame.remove();
    }
  }

  window.Worker = FrameWorker;
})();
