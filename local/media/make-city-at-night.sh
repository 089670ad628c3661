#!/bin/sh
# Makes local/media/city-at-night/ from the CC0 clip `cityCC0.mpg` of Debian's package python-kivy-examples 2.1.0-1.
# Needs ffmpeg 5.1 or newer with libx264, and the font of Debian's package fonts-dejavu-core.
#
#   sh local/media/make-city-at-night.sh /usr/share/kivy-examples/widgets/cityCC0.mpg local/media/city-at-night
#
# First the film: two shots of the clip, each slowed 4.6 times by motion interpolation, then both mirrored and
# reversed, cross-faded, with a running clock in the corner. Then the ladder: CMAF, one file a track, cut every 2 s.
set -eu
clip=$1
target=$2
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
film=$(mktemp -d)/film.mp4
slow="setpts=4.6*PTS,minterpolate=fps=25:mi_mode=mci:mc_mode=aobmc:vsbmc=1,format=yuv420p"

ffmpeg -hide_banner -v error -y -i "$clip" -filter_complex "
  [0:v]crop=720:404:0:0,split=2[x][y];
  [x]trim=0:4.6,setpts=PTS-STARTPTS,$slow,split=2[a1][a2];
  [y]trim=4.68:7.56,setpts=PTS-STARTPTS,$slow,split=2[b1][b2];
  [a2]hflip,reverse[a3];
  [b2]hflip,reverse[b3];
  [a1][b1]xfade=transition=fade:duration=1:offset=20[ab];
  [ab][a3]xfade=transition=fade:duration=1:offset=32[aba];
  [aba][b3]xfade=transition=fade:duration=1:offset=52,trim=0:64,setpts=PTS-STARTPTS[all];
  [all]fade=t=in:d=1,fade=t=out:st=63:d=1,
    drawtext=fontfile=$font:text='%{pts\:hms}':fontsize=15:fontcolor=white@0.75:x=w-tw-16:y=h-th-14[v]" \
  -map "[v]" -an -c:v libx264 -qp 8 -preset veryfast "$film"

# The sound is made here too: four slow sine voices, an open fifth and its octaves.
sound="0.10*sin(2*PI*55*t)*(0.6+0.4*sin(2*PI*0.11*t))+0.07*sin(2*PI*82.41*t)*(0.6+0.4*sin(2*PI*0.07*t+1))"
sound="$sound+0.05*sin(2*PI*164.81*t)*(0.5+0.5*sin(2*PI*0.05*t+2))+0.03*sin(2*PI*246.94*t)*(0.5+0.5*sin(2*PI*0.09*t))"

mkdir -p "$target"
cd "$target"
ffmpeg -hide_banner -v error -y -bitexact -i "$film" \
  -f lavfi -i "aevalsrc=exprs='$sound|$sound':s=48000:d=64" \
  -filter_complex "[0:v]split=3[p][q][r];[p]scale=320:180[low];[q]scale=480:270[mid];[r]copy[high]" \
  -map "[low]" -map "[mid]" -map "[high]" -map 1:a \
  -c:v libx264 -profile:v high -preset slow -pix_fmt yuv420p -r 25 -g 50 -keyint_min 50 -sc_threshold 0 \
  -threads 1 -x264-params "sliced-threads=0" \
  -b:v:0 170k -maxrate:v:0 220k -bufsize:v:0 340k \
  -b:v:1 430k -maxrate:v:1 560k -bufsize:v:1 860k \
  -b:v:2 1050k -maxrate:v:2 1350k -bufsize:v:2 2100k \
  -c:a aac -b:a 96k -ac 2 -af "afade=t=in:d=2,afade=t=out:st=62:d=2" -metadata:s:a:0 language=zxx \
  -fflags +bitexact -flags:v +bitexact -flags:a +bitexact \
  -f dash -seg_duration 2 -single_file 1 -single_file_name 'track-$RepresentationID$.mp4' \
  -use_timeline 0 -hls_playlist 1 -hls_master_name main.m3u8 \
  -adaptation_sets "id=0,streams=v id=1,streams=a" manifest.mpd

# Names that say what a file is; the profile that allows segment lists; no wall-clock times of the encoding.
name() { # representation, what it is
  mv "track-$1.mp4" "$2.mp4"
  grep -v EXT-X-PROGRAM-DATE-TIME "media_$1.m3u8" | sed "s/track-$1/$2/" >"$2.m3u8"
  rm "media_$1.m3u8"
  sed -i "s/track-$1[.]mp4/$2.mp4/; s/media_$1[.]m3u8/$2.m3u8/" manifest.mpd main.m3u8
}
name 0 video-180p
name 1 video-270p
name 2 video-404p
name 3 audio
sed -i 's/profile:isoff-live:2011/profile:full:2011/' manifest.mpd
sed -i 's/NAME="audio_3"/NAME="Sound",LANGUAGE="zxx",AUTOSELECT=YES,CHANNELS="2"/' main.m3u8
