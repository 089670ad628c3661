import { startChromium } from './support/chromium.ts';
import { startPlayerSite } from './support/player-page.ts';
const b = await startChromium(); const site = await startPlayerSite();
for (const player of ['dash.js','hls.js','Shaka DASH','Shaka HLS']) { const page = await site.open(b.context);
 await page.drive({ playUrl:'http://127.0.0.1:9081', player: player as never, titleId:'city-nights', playbackRate:1, bufferSeconds:6 });
 await new Promise(r=>setTimeout(r,4000)); await b.context.setOffline(true); await new Promise(r=>setTimeout(r,14000)); const o=await page.observe(); console.log(player, o.currentTime, 'stalls', o.stalls, 'freeze', Math.round(o.longestFreezeMs), 'failures', o.failures, o.errors); await b.context.setOffline(false); await page.close(); }
await b.close(); site.close();
