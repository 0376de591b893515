// Runs before the first paint, so that a chosen theme never flashes. A file of its own because the page's
// security policy allows no inline script.
{
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // Storage may be blocked; the system's theme is then used.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
