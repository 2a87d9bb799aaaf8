"""The words around every lesson, in every language. The lessons' own words are in `playground.lessons`."""

from __future__ import annotations

from playground.words import Text

FRAME = {
    "page": Text("Lessons", "課程", "课程"),
    "tagline": Text(
        "The lectures, one touchable picture at a time.",
        "把講課內容變成一張張可以動手的圖。",
        "把讲课内容变成一张张可以动手的图。",
    ),
    "previous": Text("Previous lesson", "上一課", "上一课"),
    "next": Text("Next lesson", "下一課", "下一课"),
    "path": Text("All lessons", "所有課程", "所有课程"),
    "reset": Text("Reset", "重設", "重置"),
    "play": Text("Play", "播放", "播放"),
    "pause": Text("Pause", "暫停", "暂停"),
    "table": Text("Table (CSV)", "表格（CSV）", "表格（CSV）"),
    "try": Text("Three things to try", "三件可以試的事", "三件可以试的事"),
    "show": Text("Show me", "做給我看", "做给我看"),
    "expect": Text("What to expect", "會看到什麼", "会看到什么"),
    "predict": Text("Predict before you press", "按之前先猜", "按之前先猜"),
    "open": Text(
        "Noted. Now try it: the exhibit will answer.",
        "記下了。動手試試，展品會回答。",
        "记下了。动手试试，展品会回答。",
    ),
    "right": Text("As you predicted.", "和你猜的一樣。", "和你猜的一样。"),
    "wrong": Text("It came out differently: {answer}.", "結果不同：{answer}。", "结果不同：{answer}。"),
    "share": Text("Share", "分享", "分享"),
    "sharing": Text(
        "This link opens the lesson as it stands. Untick what your class should not see.",
        "這個連結會開啟目前的狀態。取消勾選不想讓全班看到的部分。",
        "这个链接会打开当前的状态。取消勾选不想让全班看到的部分。",
    ),
    "copy": Text("Copy link", "複製連結", "复制链接"),
    "copied": Text("Copied", "已複製", "已复制"),
    "words": Text("explanation", "說明", "说明"),
    "things": Text("things to try", "可以試的事", "可以试的事"),
    "check": Text("prediction", "猜一猜", "猜一猜"),
    "buttons": Text("buttons", "按鈕", "按钮"),
    "navigation": Text("path", "課程列", "课程列"),
    "readings": Text("numbers", "數字", "数字"),
    "projector": Text("Projector", "投影模式", "投影模式"),
    "source": Text("Source", "來源", "来源"),
    "long": Text(
        "Pressed too often for the address to hold: the link opens the lesson without the presses.",
        "按的次數太多，連結只會開啟課程本身，不含按過的步驟。",
        "按的次数太多，链接只会打开课程本身，不含按过的步骤。",
    ),
}
