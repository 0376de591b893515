import { type Browser, type BrowserContextOptions, expect, type Locator, type Page } from "@playwright/test";
import type { Service } from "./service";

/** Opens the service in a browser of its own, signed in with the token when there is one. */
export async function visit(
  browser: Browser,
  service: Service,
  token?: string,
  path = "/",
  options?: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext(options);
  if (token !== undefined) {
    const name = `comfyscheduler_${new URL(service.url).port}`;
    await context.addCookies([{ name, value: token, url: service.url, httpOnly: true, sameSite: "Strict" }]);
  }
  const page = await context.newPage();
  await page.goto(service.url + path);
  return page;
}

/** Opens the service as its administrator. */
export async function visitAsAdministrator(
  browser: Browser,
  service: Service,
  path = "/",
  options?: BrowserContextOptions,
): Promise<Page> {
  return visit(browser, service, await service.adminToken(), path, options);
}

/** Makes a user; returns a token for it. */
export async function makeUser(service: Service, name: string): Promise<string> {
  const { token = "" } = await service.ask("AdminService/CreateUser", { name });
  return token;
}

/** The visitor's name in the header, a link to the account. */
export function account(page: Page): Locator {
  return page.getByRole("link", { name: /\(your account\)$/ });
}

/** Reads a secret that is shown once. */
export async function readSecret(page: Page, label: string | RegExp): Promise<string> {
  const field = page.getByLabel(label);
  await expect(field).toHaveValue(/./);
  return field.inputValue();
}
