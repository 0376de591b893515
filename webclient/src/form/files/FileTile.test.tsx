import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { FileTile } from "./FileTile";

afterEach(cleanup);

test("a picture is looked for at one address after the other, and something stands for one that is nowhere", () => {
  const { container } = render(<FileTile source={["/inputs/a/fox.png", "/inputs/b/fox.png"]} icon="image" />);
  const picture = () => container.querySelector("img");
  const tell = (found: HTMLImageElement | null) => found && fireEvent.error(found);
  expect(picture()?.getAttribute("src")).toBe("/inputs/a/fox.png");
  tell(picture());
  expect(picture()?.getAttribute("src")).toBe("/inputs/b/fox.png");
  tell(picture());
  expect(picture()).toBeNull();
  expect(container.querySelector("svg")).not.toBeNull();
});
