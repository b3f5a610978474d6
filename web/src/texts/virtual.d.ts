/** The texts of a language, compiled by the plugin in `vite.config.ts`. */
declare module 'virtual:texts/*' {
  const texts: import('./index').Catalogue;
  export default texts;
}

/** What settings are called in a language, compiled likewise. */
declare module 'virtual:setting-texts/*' {
  const texts: import('./index').Catalogue;
  export default texts;
}

/** Why something is as it is, by the daemon's codes, compiled likewise. */
declare module 'virtual:reason-texts/*' {
  const texts: import('./index').Catalogue;
  export default texts;
}
