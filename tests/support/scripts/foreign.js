// Tries from another origin to read and to write what is at an address; returns what it read.
async (address) => {
  const read = [];
  const body = '{"point":0,"verdict":"met","note":"","evidence":[],"seconds":1,"change":"foreign-1"}';
  for (const mode of ["cors", "no-cors"]) for (const method of ["GET", "POST"]) for (const credentials of ["include", "omit"]) {
    const headers = mode === "cors" ? { "Content-Type": "application/json" } : { "Content-Type": "text/plain" };
    try {
      const reply = await fetch(address, { mode, method, credentials, headers, body: method === "POST" ? body : undefined });
      read.push(await reply.text());
    } catch { /* refused */ }
  }
  const frame = document.createElement("iframe");
  frame.src = address;
  const loaded = new Promise((done) => { frame.onload = frame.onerror = done; setTimeout(done, 2000); });
  document.body.append(frame);
  await loaded;
  try { read.push(frame.contentDocument?.body?.textContent ?? ""); } catch { /* another origin */ }
  const form = document.createElement("form");
  form.method = "post"; form.enctype = "text/plain"; form.action = address; form.target = "_blank";
  const field = document.createElement("input");
  field.name = body.slice(0, -1) + ',"x":"'; field.value = '"}';
  form.append(field); document.body.append(form); form.submit();
  await new Promise((done) => setTimeout(done, 500));
  return read.join("");
}
