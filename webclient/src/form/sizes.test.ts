import { describe, expect, it } from "vitest";
import { shapes, sizeFor } from "./sizes";

const free = { width: {}, height: {} };

describe("sizeFor", () => {
  it("keeps about the area, in blocks that models work on", () => {
    for (const shape of shapes) {
      const { width, height } = sizeFor(shape, { width: 1024, height: 1024 }, free);
      expect([width % 16, height % 16]).toEqual([0, 0]);
      expect(Math.abs((width * height) / 1024 ** 2 - 1)).toBeLessThan(0.04);
      expect(Math.abs(width / height / (shape.x / shape.y) - 1)).toBeLessThan(0.04);
    }
  });

  it("stays within the limits, on their steps", () => {
    const limits = { min: 64, max: 1280, step: 10 };
    const { width, height } = sizeFor(
      { x: 16, y: 9 },
      { width: 1024, height: 1024 },
      { width: limits, height: limits },
    );
    expect(width).toBe(1280);
    expect((height - 64) % 10).toBe(0);
  });
});
