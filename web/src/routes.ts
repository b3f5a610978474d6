/** The pages: path, name, icon, and the module that shows them, loaded when first visited. */
import {
  Activity,
  CalendarClock,
  FileText,
  History,
  Image,
  Info,
  type LucideIcon,
  Play,
  Settings,
  Table,
  TriangleAlert,
  Webhook,
} from 'lucide-preact';
import type { ComponentType } from 'preact';

export interface Route {
  /** What wouter matches, such as `/library/:kind?`. */
  path: string;
  /** Where the menu leads; absent: not in the menu. */
  link?: string;
  name: string;
  icon: LucideIcon;
  load: () => Promise<{ default: ComponentType }>;
}

export const routes: readonly Route[] = [
  { path: '/', link: '/', name: 'Dashboard', icon: Activity, load: () => import('./pages/Dashboard') },
  { path: '/run', link: '/run', name: 'Run', icon: Play, load: () => import('./pages/Run') },
  { path: '/library/*?', link: '/library', name: 'Library', icon: Image, load: () => import('./pages/Library') },
  {
    path: '/actions/:category?',
    link: '/actions',
    name: 'Action Center',
    icon: TriangleAlert,
    load: () => import('./pages/Actions'),
  },
  {
    path: '/schedules',
    link: '/schedules',
    name: 'Schedules',
    icon: CalendarClock,
    load: () => import('./pages/Schedules'),
  },
  { path: '/triggers', link: '/triggers', name: 'Triggers', icon: Webhook, load: () => import('./pages/Triggers') },
  { path: '/history', link: '/history', name: 'History', icon: History, load: () => import('./pages/History') },
  { path: '/runs/:id', name: 'Run', icon: History, load: () => import('./pages/RunPage') },
  { path: '/logs/:name?', link: '/logs', name: 'Logs', icon: FileText, load: () => import('./pages/Logs') },
  { path: '/exports', link: '/exports', name: 'Exports', icon: Table, load: () => import('./pages/Exports') },
  {
    path: '/settings/:group?',
    link: '/settings',
    name: 'Settings',
    icon: Settings,
    load: () => import('./pages/Settings'),
  },
  { path: '/about', link: '/about', name: 'About', icon: Info, load: () => import('./pages/About') },
];
