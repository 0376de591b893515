import { vi } from "vitest";

/** SentFile is a file on its way to the server of the test. */
export interface SentFile {
  readonly path: string;
  readonly file: Blob;
  readonly name: string;
  /** So much of it has been sent, from 0 to 1. */
  readonly progress: (share: number) => void;
  readonly answer: (body: object, status?: number) => void;
  /** The network fails. */
  readonly fail: () => void;
  readonly aborted: () => boolean;
}

/** Stands in for POST /uploads, which `take` answers. Ends with vi.unstubAllGlobals. */
export function stubUploads(take: (sent: SentFile) => void): SentFile[] {
  const all: SentFile[] = [];
  class Request {
    upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
    onload?: () => void;
    onloadend?: () => void;
    onerror?: () => void;
    onabort?: () => void;
    status = 0;
    responseText = "";
    path = "";
    name = "";
    aborted = false;
    open(_method: string, path: string) {
      this.path = path;
    }
    setRequestHeader(header: string, value: string) {
      if (header === "x-file-name") this.name = decodeURIComponent(value);
    }
    abort() {
      this.aborted = true;
      this.onabort?.();
      this.onloadend?.();
    }
    send(file: Blob) {
      const sent: SentFile = {
        path: this.path,
        file,
        name: this.name,
        progress: (share) => this.upload.onprogress?.({ loaded: share * 100, total: 100 }),
        answer: (body, status = 200) => {
          this.status = status;
          this.responseText = JSON.stringify(body);
          this.onload?.();
          this.onloadend?.();
        },
        fail: () => {
          this.onerror?.();
          this.onloadend?.();
        },
        aborted: () => this.aborted,
      };
      all.push(sent);
      queueMicrotask(() => take(sent));
    }
  }
  vi.stubGlobal("XMLHttpRequest", Request);
  return all;
}
