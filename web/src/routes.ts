/** The pages: path, name, icon, and the module that shows them, loaded when first visited. */
import {
  Activity,
  CalendarClock,
  CircleQuestionMark,
  FileText,
  History,
  Image,
  Info,
  ListChecks,
  type LucideIcon,
  Play,
  Settings,
  Table,
  TriangleAlert,
  Webhook,
} from 'lucide-preact';
import type { ComponentType } from 'preact';
import type { Key } from './texts';

export interface Route {
  /** What wouter matches, such as `/library/:kind?`. */
  path: string;
  /** Where the menu leads; absent: not in the menu. */
  link?: string;
  name: Key;
  icon: LucideIcon;
  load: () => Promise<{ default: ComponentType }>;
}

export const routes: readonly Route[] = [
  { path: '/', link: '/', name: 'nav.dashboard', icon: Activity, load: () => import('./pages/Dashboard') },
  { path: '/run', link: '/run', name: 'nav.run', icon: Play, load: () => import('./pages/Run') },
  { path: '/library/*?', link: '/library', name: 'nav.library', icon: Image, load: () => import('./pages/Library') },
  {
    path: '/actions/:category?',
    link: '/actions',
    name: 'nav.actions',
    icon: TriangleAlert,
    load: () => import('./pages/Actions'),
  },
  {
    path: '/schedules',
    link: '/schedules',
    name: 'nav.schedules',
    icon: CalendarClock,
    load: () => import('./pages/Schedules'),
  },
  { path: '/triggers', link: '/triggers', name: 'nav.triggers', icon: Webhook, load: () => import('./pages/Triggers') },
  { path: '/history', link: '/history', name: 'nav.history', icon: History, load: () => import('./pages/History') },
  { path: '/runs/:id', name: 'nav.run', icon: History, load: () => import('./pages/RunPage') },
  { path: '/logs/:name?', link: '/logs', name: 'nav.logs', icon: FileText, load: () => import('./pages/Logs') },
  { path: '/exports', link: '/exports', name: 'nav.exports', icon: Table, load: () => import('./pages/Exports') },
  {
    path: '/settings/:group?',
    link: '/settings',
    name: 'nav.settings',
    icon: Settings,
    load: () => import('./pages/Settings'),
  },
  { path: '/setup/:step?', name: 'setup.title', icon: ListChecks, load: () => import('./pages/Setup') },
  {
    path: '/help/:page?',
    link: '/help',
    name: 'help.title',
    icon: CircleQuestionMark,
    load: () => import('./pages/Help'),
  },
  { path: '/about', link: '/about', name: 'nav.about', icon: Info, load: () => import('./pages/About') },
];
