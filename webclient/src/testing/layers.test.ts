import { describe, expect, it } from "vitest";
import layers from "../../layers.json";

/** The source of every file, by its path below src. */
const sources = new Map(
  Object.entries(import.meta.glob<string>("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true })).map(
    ([path, text]) => [resolve("testing", path), text],
  ),
);

/** A path below src, from a relative one that was written in a file of the folder. */
function resolve(folder: string, path: string): string {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

const folderOf = (file: string) => file.split("/").slice(0, -1).join("/");
const layerOf = (file: string) => file.split("/")[0] ?? "";
/** Features are folders that know nothing of each other; every other layer is one room. */
const roomOf = (file: string) => (layerOf(file) === "features" ? file.split("/").slice(0, 2).join("/") : layerOf(file));

/** The files of ours that a file imports, types included. */
function importsOf(file: string): string[] {
  const written = (sources.get(file) ?? "").matchAll(/(?:from|import)\s*\(?\s*(?:\/\*.*?\*\/\s*)?"(\.[^"]+)"/g);
  return [...written].flatMap(([, path = ""]) => {
    const found = resolve(folderOf(file), path);
    return [found, `${found}.ts`, `${found}.tsx`].filter((candidate) => sources.has(candidate));
  });
}

const files = [...sources.keys()].filter((file) => !/\.test\.tsx?$/.test(file));

describe("the layers of layers.json", () => {
  const allowed = new Map(Object.entries(layers).map(([name, { imports }]) => [name, new Set(imports)]));

  it("are the folders there are", () => {
    expect([...new Set(files.map(layerOf))].sort()).toEqual([...allowed.keys()].sort());
  });

  it("import only what they may, and no feature another", () => {
    const broken = files.flatMap((file) =>
      importsOf(file)
        .filter((other) => roomOf(file) !== roomOf(other) && !allowed.get(layerOf(file))?.has(layerOf(other)))
        .map((other) => `${file} imports ${other}`),
    );
    expect(broken).toEqual([]);
  });

  it("allow nothing that no file needs", () => {
    const used = new Set(files.flatMap((file) => importsOf(file).map((other) => `${layerOf(file)} ${layerOf(other)}`)));
    const idle = [...allowed].flatMap(([name, imports]) => [...imports].map((other) => `${name} ${other}`));
    expect(idle.filter((pair) => !used.has(pair))).toEqual([]);
  });
});

it("no file imports itself by way of others, not even its types", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, way: readonly string[]) => {
    const at = way.indexOf(file);
    if (at >= 0) return void circles.push([...way.slice(at), file].join(" > "));
    if (done.has(file)) return;
    for (const other of importsOf(file)) walk(other, [...way, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});
