import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';
import './lib/theme';
import { render } from 'preact';
import { App } from './app';
import { keepNotice } from './lib/offline';
import { begin } from './texts';

const root = document.getElementById('app');
if (root) {
  begin().then(() => {
    render(<App />, root);
    // Not before what is looked at.
    if (document.readyState === 'complete') keepNotice();
    else addEventListener('load', keepNotice, { once: true });
  });
}
