(function () {
  "use strict";
  // Sorting: numbers by data-v, text by itself; rows without a number stay last.
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var descending = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        var body = table.tBodies[0];
        Array.prototype.slice.call(body.rows).sort(function (a, b) {
          var x = a.cells[column], y = b.cells[column], order;
          if (column === 0) {
            order = x.textContent.localeCompare(y.textContent);
          } else {
            var u = x.getAttribute("data-v"), v = y.getAttribute("data-v");
            if (!u || !v) { return u ? -1 : v ? 1 : 0; }
            order = u - v;
          }
          return descending ? -order : order;
        }).forEach(function (row) { body.appendChild(row); });
      });
    });
  });
  // Pointing at a policy (or a strength of servers) lights it up in every chart that has it.
  function light(name) {
    document.querySelectorAll("figure").forEach(function (figure) {
      var found = false;
      figure.querySelectorAll("[data-s]").forEach(function (e) {
        var on = name !== null && e.getAttribute("data-s") === name;
        e.classList.toggle("on", on);
        found = found || on;
      });
      figure.classList.toggle("lit", found);
    });
  }
  document.querySelectorAll(".legend li[data-s], tr[data-s]").forEach(function (e) {
    e.addEventListener("pointerenter", function () { light(e.getAttribute("data-s")); });
    e.addEventListener("pointerleave", function () { light(null); });
  });
})();
