import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';
import './lib/theme';
import { render } from 'preact';
import { App } from './app';

const root = document.getElementById('app');
if (root) render(<App />, root);
