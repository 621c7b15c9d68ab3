// A lecture goes on where it was left; the place is kept in this browser only.
const video = document.querySelector("video[data-resume]");
if (video) {
  const key = `lophoc-video-${video.dataset.resume}`;
  video.addEventListener("loadedmetadata", () => {
    const place = Number(localStorage.getItem(key));
    if (place > 5 && place < video.duration - 5) video.currentTime = place;
  });
  video.addEventListener("timeupdate", () => localStorage.setItem(key, Math.floor(video.currentTime)));
}
