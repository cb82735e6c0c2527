import config from './playwright.config.ts';
export default { ...config, webServer: { ...(config.webServer as object), command: '/tmp/e2e-mine/serve' } };
