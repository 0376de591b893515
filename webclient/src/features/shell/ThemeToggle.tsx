import { useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";

type Theme = "system" | "light" | "dark";

const next: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const icons = { system: "screen", light: "sun", dark: "moon" } as const;

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  return theme === "light" || theme === "dark" ? theme : "system";
}

function choose(theme: Theme) {
  const { dataset } = document.documentElement;
  if (theme === "system") delete dataset["theme"];
  else dataset["theme"] = theme;
  try {
    // public/theme.js reads it before the next page's first paint.
    if (theme === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Blocked storage: the choice lasts as long as the page.
  }
}

export function ThemeToggle() {
  const [theme, setTheme] = useState(current);
  return (
    <Button
      tone="bare"
      icon
      label={`Theme: ${theme}. Change to ${next[theme]}`}
      onClick={() => {
        choose(next[theme]);
        setTheme(next[theme]);
      }}
    >
      <Icon name={icons[theme]} />
    </Button>
  );
}
