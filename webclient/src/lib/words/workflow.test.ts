import { expect, it } from "vitest";
import { problemsWords } from "./workflow";

it("says what is wrong in sentences, and what was cut as cut", () => {
  expect(problemsWords(["node 5 has no class", "A model is missing."])).toBe(
    "Node 5 has no class. A model is missing.",
  );
  expect(problemsWords(["node 6 (FaceDetaile…"])).toBe("Node 6 (FaceDetaile…");
});
