import { defineConfig } from "vite";

// The server allows nothing but its own files (`default-src 'self'`): so nothing may be inlined, neither scripts nor images.
export default defineConfig({
  build: {
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": "http://127.0.0.1:8092" } },
});
