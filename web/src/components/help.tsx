/** The way from a page, or from a word on it, to what the help says about it. */
import { CircleQuestionMark } from 'lucide-preact';
import { Link } from 'wouter-preact';
import type { HelpTarget } from '../../types/help';
import { t } from '../texts';

interface HelpLinkProps {
  to: HelpTarget;
  /** The word that it explains, as it stands on the page; absent: the page as a whole. */
  about?: string;
}

export function HelpLink({ to, about }: HelpLinkProps) {
  const name = about ? t('help.about', { about }) : t('help.page');
  return (
    <Link href={`/help/${to}`} class="help-link" title={name}>
      <CircleQuestionMark size={16} aria-hidden="true" />
      <span class="visually-hidden">{name}</span>
    </Link>
  );
}
