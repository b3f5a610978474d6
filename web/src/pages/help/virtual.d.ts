/** The pages of `docs/`, made by the plugin in `vite.config.ts`. */
declare module 'virtual:help/index' {
  export const entries: readonly { group: string; slug: string; title: string; about: string }[];
  export const pages: Readonly<Record<string, () => Promise<{ default: { title: string; html: string } }>>>;
}
