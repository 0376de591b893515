import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// A running server for `npm run dev`; the built client is served by the server itself.
const server = process.env["COMFYSCHEDULER_URL"] ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    // The font and the icon are files of their own: inlining them would delay the first picture.
    assetsInlineLimit: 0,
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(
      [
        "/comfyscheduler.v1",
        "/images",
        "/thumbnails",
        "/previews",
        "/results",
        "/archives",
        "/inputs",
        "/templates",
        "/uploads",
        // The page of the workflows is ours, their pictures are the server's.
        "^/workflows/.+",
      ].map((path) => [path, { target: server }]),
    ),
  },
});
