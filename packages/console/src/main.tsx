import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createApiClient } from './api/api-client.ts';
import { App } from './page/app.tsx';
import { browserStore } from './state/stored.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/page.css';
import './styles/banners.css';
import './styles/histogram.css';
import './styles/signin.css';
import './styles/help.css';
import './styles/search.css';
import './styles/table.css';
import './styles/detail.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App services={{ client: createApiClient(), store: browserStore }} />
  </StrictMode>,
);
