// A lecture: played as HLS where the browser or hls.js can, from where it was left; the place goes to the site when
// the lecture is paused or left.
const video = document.querySelector("video[data-lecture]");

const play = (address) => {
  const mediaSource = "MediaSource" in window && !("ManagedMediaSource" in window);
  if (!mediaSource && video.canPlayType("application/vnd.apple.mpegurl")) video.src = address;
  else if (mediaSource) {
    const library = document.createElement("script");
    library.src = video.dataset.library;
    library.addEventListener("load", () => {
      if (!Hls.isSupported()) return;
      const player = new Hls({ enableWorker: false, maxBufferLength: 30, startPosition: begin });
      player.on(Hls.Events.ERROR, (_, told) => {
        if (told.fatal) player.destroy(); // what is left is the film itself, which the browser can play
      });
      video.removeAttribute("src");
      player.loadSource(address);
      player.attachMedia(video);
    });
    document.head.append(library);
  }
};

let begin = -1;
if (video) {
  const key = `lophoc-video-${video.dataset.lecture}`;
  begin = Number(video.dataset.place || localStorage.getItem(key)) || -1;
  let told = begin;
  const tell = () => {
    const place = Math.floor(video.currentTime);
    if (!place || place === told || !video.dataset.tell) return;
    told = place;
    const form = new FormData();
    form.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    form.set("place", place);
    navigator.sendBeacon(video.dataset.tell, form);
  };
  video.addEventListener("loadedmetadata", () => {
    if (begin > 5 && begin < video.duration - 5 && Math.abs(video.currentTime - begin) > 2) video.currentTime = begin;
  });
  video.addEventListener("timeupdate", () => localStorage.setItem(key, Math.floor(video.currentTime)));
  video.addEventListener("pause", tell);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && tell());
  if (video.dataset.playlist) play(video.dataset.playlist);
}
