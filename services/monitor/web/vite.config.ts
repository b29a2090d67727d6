import { defineConfig } from "vite"

// `npm run dev` shows the page as it is being written, with the data of a mesh that runs here.
const DASHBOARD = process.env.FRAMEMESH_DASHBOARD ?? "127.0.0.1:7400"

export default defineConfig({
  build: {
    outDir: "../src/framemesh/monitor/dashboard/page",
    emptyOutDir: true,
    // The page allows no data: addresses in scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: { proxy: { "/api": { target: `http://${DASHBOARD}`, ws: true } } },
})
