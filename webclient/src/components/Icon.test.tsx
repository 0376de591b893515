import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Icon } from "./Icon";

afterEach(cleanup);

it("has a size of its own, whatever class is given", () => {
  const { container } = render(<Icon name="lock" className="mt-0.5 shrink-0" />);
  const icon = container.querySelector("svg");
  expect([icon?.getAttribute("width"), icon?.getAttribute("height")]).toEqual(["1.25rem", "1.25rem"]);
});
