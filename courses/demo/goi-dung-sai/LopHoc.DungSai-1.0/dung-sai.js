// Một hoạt động H5P nhỏ: các câu đúng hay sai, chấm khi nộp.
window.LopHoc = window.LopHoc || {};
LopHoc.DungSai = function (content, id) {
  H5P.EventDispatcher.call(this);
  this.libraryInfo = { machineName: "LopHoc.DungSai", majorVersion: 1, minorVersion: 0 };
  this.attach = ($container) => {
    const form = document.createElement("form");
    form.className = "dung-sai";
    content.statements.forEach((each, at) => {
      const field = document.createElement("fieldset");
      const legend = document.createElement("legend");
      legend.textContent = `${at + 1}. ${each.text}`;
      field.append(legend);
      for (const [value, text] of [["true", "Đúng"], ["false", "Sai"]]) {
        const label = document.createElement("label");
        const input = Object.assign(document.createElement("input"), { type: "radio", name: String(at), value });
        label.append(input, ` ${text}`);
        field.append(label);
      }
      form.append(field);
    });
    const button = document.createElement("button");
    button.textContent = "Nộp";
    const result = document.createElement("p");
    result.setAttribute("role", "status");
    form.append(button, result);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = new FormData(form);
      const score = content.statements.filter((each, at) => given.get(String(at)) === String(each.right)).length;
      const most = content.statements.length;
      result.textContent = `Đúng ${score}/${most} câu.`;
      const told = this.createXAPIEventTemplate("completed");
      told.setScoredResult(score, most, this, true, score === most);
      this.trigger(told);
    });
    $container.get(0).append(form);
    this.trigger("resize");
  };
};
LopHoc.DungSai.prototype = Object.create(H5P.EventDispatcher.prototype);
LopHoc.DungSai.prototype.constructor = LopHoc.DungSai;
