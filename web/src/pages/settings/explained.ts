/** Settings whose words need more than a line, and what the help says about them. */
import type { HelpTarget } from '../../../types/help';

export const EXPLAINED: Partial<Record<string, HelpTarget>> = {
  FavProvider: 'words#favourite-provider',
  PreferredLanguageOrder: 'words#xx',
  PreferredSeasonLanguageOrder: 'words#xx',
  PreferredBackgroundLanguageOrder: 'words#xx',
  PreferredTCLanguageOrder: 'words#xx',
  SkipAddText: 'look#text-or-no-text',
  SkipAddTextAndOverlay: 'look#text-or-no-text',
  UseLogo: 'look#the-details',
  UseBGLogo: 'look#the-details',
  ManualAssetPath: 'fix-a-picture#pictures-of-your-own',
  BackupPath: 'backup#artwork',
  PlexUpload: 'first-posters#the-two-steps-that-matter',
  UploadExistingAssets: 'backup#artwork',
};
