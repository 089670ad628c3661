export interface PageFiles {
  readonly script: string;
  readonly style: string;
  readonly themeScript: string;
  readonly icon: string;
}

/** Nothing in it is inline or from elsewhere, so that the strictest content security policy can be sent with it. */
export const indexPage = ({
  script,
  style,
  themeScript,
  icon,
}: PageFiles): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<meta name="description" content="Operator's console of a Distributary content delivery network">
<title>Distributary console</title>
<link rel="icon" type="image/svg+xml" href="${icon}">
<script src="${themeScript}"></script>
<link rel="stylesheet" href="${style}">
<script type="module" src="${script}"></script>
</head>
<body>
<div id="console"></div>
<noscript><p class="noscript">The console needs JavaScript: it plays video and asks the control API every second.</p></noscript>
</body>
</html>
`;
