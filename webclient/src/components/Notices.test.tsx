import { act, cleanup, createEvent, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NoticeProvider, useNotify } from "./Notices";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function Teller() {
  const notify = useNotify();
  return (
    <button type="button" onClick={() => notify({ tone: "good", title: "It is booked." })}>
      Tell
    </button>
  );
}

function tell(): HTMLElement {
  render(<Teller />, { wrapper: NoticeProvider });
  fireEvent.click(screen.getByRole("button", { name: "Tell" }));
  return screen.getByRole("status");
}

function pointAt(notice: HTMLElement, movementX: number): void {
  const event = createEvent.mouseMove(notice);
  Object.defineProperties(event, { movementX: { value: movementX }, movementY: { value: 0 } });
  fireEvent(notice, event);
}

const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms));

test("a notice leaves by itself, even if the pointer rests where it appeared", () => {
  const notice = tell();
  fireEvent.mouseEnter(notice);
  // A browser tells of a move that was none when something new lies below the pointer.
  pointAt(notice, 0);
  wait(60_000);
  expect(screen.queryByRole("status")).toBeNull();
});

test("a notice stays while a hand that came to it is there", () => {
  const notice = tell();
  pointAt(notice, 3);
  wait(60_000);
  expect(screen.getByRole("status")).toBe(notice);
  fireEvent.mouseLeave(notice);
  wait(60_000);
  expect(screen.queryByRole("status")).toBeNull();
});
