import { render } from 'preact';
import { App } from './ui/app.tsx';

const root = document.getElementById('console');
if (root) render(<App />, root);
