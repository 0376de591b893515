import { expect, type Locator, type Page } from "@playwright/test";

/** SchedulerView is the scheduler page as a visitor sees it. */
export class SchedulerView {
  readonly page: Page;
  readonly timeline: Locator;
  readonly schedule: Locator;
  readonly panel: Locator;
  readonly prompt: Locator;

  constructor(page: Page) {
    this.page = page;
    this.timeline = page.getByRole("application", { name: "Timeline of booked slots" });
    this.schedule = page.getByRole("region", { name: "Schedule" });
    this.panel = page.getByRole("region", { name: "Selected job" });
    this.prompt = page.getByRole("textbox", { name: "Prompt" });
  }

  /** Opens the page and waits until it is live. */
  async arrive(url: string): Promise<void> {
    await this.page.goto(url);
    await expect(this.page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
  }

  /** Opens the page and waits until the timeline can be used. A tab in the background draws none. */
  async open(url: string): Promise<void> {
    await this.arrive(url);
    await expect(this.timeline.locator(".vis-current-time")).toBeVisible();
  }

  /** A point of the lane, as a share of the timeline's width. */
  async at(share: number): Promise<{ x: number; y: number }> {
    const box = await this.timeline.boundingBox();
    if (!box) throw new Error("the timeline is not on the page");
    return { x: box.x + box.width * share, y: box.y + 110 };
  }

  /** The blocks that show the text. */
  block(text: string): Locator {
    return this.timeline.locator(".vis-item", { hasText: text });
  }

  /** The rows of the schedule that show the text. */
  row(text: string): Locator {
    return this.schedule.getByRole("button").filter({ hasText: text });
  }

  /** Double-clicks the lane; the pointer arrives first, as a hand's does. */
  async doubleClick(share: number): Promise<void> {
    const { x, y } = await this.at(share);
    await this.page.mouse.move(x - 5, y);
    await this.page.mouse.move(x, y);
    await expect(this.timeline.locator(".tl-ghost")).toBeVisible();
    await this.page.mouse.dblclick(x, y);
  }

  /** Where a block is when the view has come to rest: a zoom glides, and what is pressed where it was on the way is not it any more. */
  async resting(block: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    let box = await block.boundingBox();
    const moved = async () => {
      const was = box;
      // A page that draws nothing for a moment is not at rest.
      await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      box = await block.boundingBox();
      return was && box ? Math.hypot(box.x - was.x, box.y - was.y) : Number.POSITIVE_INFINITY;
    };
    await expect.poll(moved, { intervals: [200] }).toBeLessThan(2);
    if (!box) throw new Error("the block is not in sight");
    return box;
  }

  /** Drags a block sideways and lets go; the slot it would get is shown meanwhile. */
  async drag(block: Locator, distance: number): Promise<void> {
    const box = await this.resting(block);
    const [x, y] = [box.x + 20, box.y + 30];
    await this.page.mouse.move(x, y);
    await this.page.mouse.down();
    await this.page.mouse.move(x + Math.sign(distance) * 20, y, { steps: 4 });
    await this.page.mouse.move(x + distance, y, { steps: 12 });
    await expect(this.timeline.locator(".tl-ghost-label")).toBeVisible();
    await this.page.mouse.up();
  }

  /** Books the next free slot with the prompt. */
  async bookNext(prompt: string): Promise<void> {
    const book = this.page.getByRole("button", { name: "Book next free slot" });
    await expect(book).toBeVisible(); // a selected job, which is about to be left, has a prompt as well
    await this.prompt.fill(prompt);
    await book.click();
    await expect(this.panel).toBeVisible();
  }
}

/** Everything the page complains about: errors that nobody caught, and the console's, but for refused calls. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  return complaints;
}

/** The value of a datetime-local field in the browser's zone, which the configuration sets to Berlin. */
export function localField(at: number): string {
  return new Date(at).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" }).replace(" ", "T");
}
